"""Conditions of the skin, eyes, ears and mouth, in the format that `slm.data.samples.conditions` reads.

Text alone: general knowledge in plain words, written for this project. It knows no doses and replaces no doctor.
"""
# ruff: noqa: E501 (a line of a table is one fact, however long)

SKIN = """
== psoriasis | adult
is: a long-term skin disease with thick, scaly patches
signs: red patches with silver scales; itching; dry skin on elbows and knees; small dents in the nails
cause: The immune system makes skin cells grow too fast. Genes, stress and infections play a part.
spread: no; It is not contagious.
prevent: It cannot be prevented, but less stress, no smoking and skin care help against flare-ups.
care: Creams, light treatment and medicines from a doctor control it.
help: See a doctor for scaly patches or painful joints. Get help at once if most of the skin turns red.

== impetigo | child
is: a contagious bacterial infection of the top of the skin
signs: sores with a honey-colored crust; red spots around the nose and mouth; itching
cause: Staphylococcus or streptococcus bacteria cause it.
spread: yes; It spreads by touching the sores or shared towels.
prevent: Wash hands, keep cuts clean and do not share towels.
care: A doctor prescribes an antibiotic cream or medicine. Keep the sores clean and covered.
help: See a doctor for crusted sores. Get help the same day for fever or quickly spreading redness.

== athlete's foot | teen
is: a fungal infection of the skin between the toes
signs: itching between the toes; peeling skin; small cracks; a bad smell
cause: Fungi grow in warm, damp shoes and wet floors.
spread: yes; It spreads on wet floors and through shared towels and shoes.
prevent: Dry the feet well, change socks daily, and wear sandals in public showers.
care: Antifungal cream from a pharmacist and dry feet clear it up.
help: See a doctor if it does not heal in some weeks, or at once if you have diabetes or spreading redness.

== scabies | adult
is: an itchy skin condition caused by tiny mites
signs: strong itching at night; thin lines between the fingers; small red bumps; an itch that others at home have too
cause: Mites dig into the top layer of the skin.
spread: yes; It spreads through long skin contact and less often through bedding.
prevent: Treat everyone in the home at the same time and wash bedding hot.
care: A doctor or pharmacist gives a cream that kills the mites. The itch may last some weeks longer.
help: See a doctor if several people in the home itch at night.

== warts | child | plural
is: small, rough growths on the skin caused by a virus
signs: rough bumps on fingers; small black dots; bumps on the soles that hurt
cause: Human papillomaviruses get into tiny breaks in the skin.
spread: yes; They spread through touch and wet floors.
prevent: Wear sandals in pools, do not pick at them, and do not share towels.
care: Many go away by themselves. A pharmacist or doctor can offer treatment.
help: See a doctor if they hurt, bleed, change, or are on the face or genitals.

== cold sores | adult | plural
is: small blisters on or near the lips caused by a virus
signs: tingling on the lip; small blisters; a crust that forms after some days
cause: The herpes simplex virus stays in the nerves and wakes up from time to time.
spread: yes; They spread through kissing and sharing cups, above all while there are blisters.
prevent: Do not kiss others or share cups while there are blisters, and use sun protection on the lips.
care: They heal by themselves within about ten days, and creams from a pharmacist can help early on.
help: See a doctor for sores near the eye, weak immunity or sores that do not heal. Get a doctor at once if a newborn may be infected.

== cellulitis | adult
is: a bacterial infection of the deeper layers of the skin
signs: a red area that spreads; warm, swollen skin; pain; a fever
cause: Bacteria enter through a cut, bite or crack in the skin.
spread: no; It does not usually spread from person to person.
prevent: Clean wounds, care for dry skin and treat athlete's foot.
care: A doctor prescribes antibiotics. Raising the leg or arm helps.
help: See a doctor the same day. Call emergency services for fast spreading, severe pain, confusion or a very high fever.

== an abscess | adult
is: a pocket of pus under the skin
signs: a painful, swollen lump; warm red skin; pus; a fever
cause: Bacteria get into the skin and the body walls them off.
spread: no; The lump is not contagious, but the bacteria in the pus can spread.
prevent: Clean wounds, clean hands and careful shaving lower the risk.
care: Warm cloths may help, and a doctor may need to open and drain it. Do not squeeze it.
help: See a doctor for a growing, painful lump. Go to a hospital for fever, red streaks or a lump on the face.

== contact dermatitis | adult
is: a skin rash from touching something that irritates or causes an allergy
signs: an itchy rash where something touched the skin; red skin; dry cracks; blisters
cause: Soaps, metals such as nickel, plants, perfumes or chemicals cause it.
spread: no; It is not contagious.
prevent: Avoid what causes it and wear gloves.
care: Wash the skin, avoid the cause, and use moisturizer. A doctor can prescribe creams.
help: See a doctor if it is widespread or does not heal. Call emergency services for a swollen face or trouble breathing.

== a diaper rash | baby
is: sore, red skin in the area covered by a diaper
signs: red, shiny skin on the bottom; frequent crying at diaper changes; small spots
cause: Wet diapers, rubbing and sometimes yeast irritate the skin.
spread: no; It is not contagious.
prevent: Change diapers often, clean gently and let the skin dry in the air.
care: A barrier cream and time without a diaper help.
help: See a doctor if it does not improve in a few days, or for blisters, pus or fever.

== dandruff | adult
is: a flaking of the skin of the scalp
signs: white flakes in the hair; a dry or oily scalp; mild itching
cause: Yeast that lives on the skin, oil and dry skin lead to flakes.
spread: no; It is not contagious.
prevent: Regular washing helps keep it away.
care: A dandruff shampoo from a pharmacist, used for some weeks, helps.
help: See a doctor if the scalp is red, sore or does not improve.

== vitiligo | adult
is: a condition in which patches of skin lose their color
signs: white patches on the skin; white hair in a patch; patches that are the same on both sides
cause: The immune system attacks the cells that make pigment.
spread: no; It is not contagious.
prevent: It cannot be prevented, but white patches need protection from the sun.
care: Creams, light treatment or make-up can help, and many people choose no treatment.
help: See a doctor for new white patches.

== melanoma | adult
is: a serious kind of skin cancer
signs: a mole that changes; uneven edges; several colors in one spot; a spot larger than a pencil eraser; a mole that bleeds
cause: Pigment cells change, often because of damage from the sun.
spread: no; It is not contagious.
prevent: Protect the skin from the sun and avoid sunbeds.
care: A doctor removes it, and early removal often cures it.
help: See a doctor soon for a new or changing mole.

== an ingrown toenail | teen
is: a toenail that grows into the skin beside it
signs: pain at the side of the big toe; red, swollen skin; pus
cause: Tight shoes and nails cut too short or round cause it.
prevent: Cut nails straight across and wear roomy shoes.
care: Warm foot baths and roomy shoes help. A doctor can remove part of the nail.
help: See a doctor for pus or spreading redness, and soon if you have diabetes.

== a blister | any
is: a small bubble of fluid under the skin
signs: a bubble filled with clear fluid; soreness where shoes rub
cause: Rubbing, heat or an irritating substance causes it.
prevent: Wear shoes that fit, dry socks and gloves for hard work.
care: Leave it closed, cover it and take the pressure off.
help: See a doctor if it is hot, full of pus or comes back without a reason.

== swimmer's ear | child
is: an infection of the outer ear canal
signs: pain when the ear is pulled; itching in the ear; fluid from the ear; a blocked feeling after swimming
cause: Water stays in the ear canal and lets germs grow.
spread: no; It is not contagious.
prevent: Dry the ears after swimming and do not put objects in them.
care: A doctor can prescribe ear drops. Keep the ear dry.
help: See a doctor for ear pain or fluid. Get help at once for fever with swelling behind the ear.

== an earwax blockage | older
is: a plug of wax in the ear canal
signs: poorer hearing; a full feeling in the ear; ringing; mild earache
cause: Wax builds up or is pushed in with cotton swabs.
prevent: Do not put cotton swabs into the ear.
care: Softening drops from a pharmacist help, and a nurse or doctor can remove the wax.
help: See a doctor for pain, fluid or sudden loss of hearing.

== tinnitus | older
is: the hearing of ringing or buzzing without a sound from outside
signs: ringing in the ears; buzzing that is worse in quiet; trouble sleeping because of the sound
cause: Noise damage, age, earwax and some medicines can cause it.
spread: no; It is not contagious.
prevent: Protect the ears from loud noise.
care: Soft background sounds, hearing aids and ways to relax help.
help: See a doctor if it lasts. Get help at once for sudden loss of hearing, or ringing after a head injury.

== a stye | adult
is: a small, painful lump at the edge of the eyelid
signs: a sore red bump on the eyelid; swelling; a watery eye
cause: Bacteria infect a small gland at the eyelashes.
spread: no; It hardly ever spreads to others.
prevent: Clean hands and clean eye make-up lower the risk.
care: Warm cloths several times a day help. Do not squeeze it.
help: See a doctor if it lasts over two weeks, sight changes, or the whole lid swells.

== a cataract | older
is: a clouding of the lens of the eye
signs: cloudy sight; trouble with bright lights at night; faded colors; a frequent need for new glasses
cause: The lens changes with age. Diabetes, smoking and sun add to it.
spread: no; It is not contagious.
prevent: Sunglasses, no smoking and good control of diabetes may slow it down.
care: A short operation can replace the cloudy lens with a clear one.
help: See an eye doctor for cloudy sight. Get help at once for sudden loss of sight or eye pain.

== glaucoma | older | silent
is: an eye disease that damages the optic nerve, often because of high pressure in the eye
signs: slow loss of sight at the edges; blurred sight; halos around lights
cause: Pressure in the eye is too high for the nerve. Age and genes raise the risk.
spread: no; It is not contagious.
prevent: Regular eye checks find it early.
care: Eye drops, laser treatment or an operation lower the pressure.
help: See an eye doctor for regular checks. Call emergency services or go to a hospital at once for sudden eye pain with blurred sight and nausea.

== nearsightedness | child
is: a condition in which near things look clear and far things look blurred
signs: blurred sight in the distance; a need to squint at the board; a habit of sitting close to screens
cause: The eye is a little too long. Genes, much near work and little time outdoors play a part.
spread: no; It is not contagious.
prevent: Time outdoors every day may lower the risk in children.
care: Glasses or contact lenses correct it.
help: See an eye specialist for blurred sight. Get help at once for flashes, many new spots or a shadow in sight.

== a retinal detachment | older | emergency
is: a condition in which the light-sensing layer at the back of the eye comes loose
signs: sudden flashes of light; many new dark spots; a shadow or curtain across the sight
cause: A tear in the retina, often with age, strong nearsightedness or injury, lets fluid get behind it.
spread: no; It is not contagious.
prevent: Eye protection in sports and eye checks help.
care: An eye surgeon can fix it, and quick treatment can save sight.
help: Go to an eye hospital at once, or call emergency services at once if you cannot get there.

== dry eye | older
is: a condition in which the eye makes too few or poor tears
signs: burning eyes; a gritty feeling; eyes that water in the wind; tired eyes after screens
cause: Age, screens, dry air, contact lenses and some medicines play a part.
spread: no; It is not contagious.
prevent: Blink often, take breaks from screens and keep the air from getting dry.
care: Artificial tears from a pharmacist and warm cloths on the lids help.
help: See an eye doctor for pain, redness or a change in sight.

== gum disease | adult
is: an inflammation of the gums that can loosen the teeth
signs: bleeding gums when brushing; red, swollen gums; bad breath; loose teeth
cause: Plaque, a film of bacteria, builds up on the teeth. Smoking makes it worse.
spread: no; It is not contagious in daily life.
prevent: Brush twice a day, clean between the teeth, and do not smoke.
care: A dentist removes plaque and tartar, and good daily cleaning lets gums heal.
help: See a dentist for bleeding gums. Get help soon for pus, swelling or fever.

== mouth ulcers | adult | plural
is: small, painful sores inside the mouth
signs: a round white sore in the mouth; pain when eating; a red edge around the sore
cause: Small bites, stress, some foods and lack of some vitamins can cause them.
spread: no; They are not contagious.
prevent: A soft toothbrush and avoiding foods that set them off help.
care: They heal within two weeks. Gels from a pharmacist and mild food help.
help: See a doctor or dentist for a sore that lasts more than three weeks.

== teething | baby
is: the coming of a baby's first teeth through the gums
signs: drooling; sore, swollen gums; a need to chew on everything; a cranky mood
cause: The first teeth push through the gums, mostly from about six months.
prevent: It is a normal part of growing and needs no prevention.
care: A cool teething ring and gentle rubbing of the gums help.
help: See a doctor for fever, diarrhea or a baby who seems ill, because teething does not explain these.

== oral thrush | baby
is: a yeast infection in the mouth
signs: white patches in the mouth that do not wipe off; a sore mouth; poor feeding
cause: A yeast called Candida grows too much, often in babies or after antibiotics.
spread: part; It rarely spreads, but it can pass between a breastfed baby and the mother.
prevent: Clean bottles and pacifiers well, and rinse the mouth after using a steroid inhaler.
care: A doctor prescribes antifungal medicine.
help: See a doctor for white patches that do not wipe off or trouble feeding.
"""
