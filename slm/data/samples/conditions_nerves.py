"""Conditions of the brain and mind, injuries and other emergencies, in the format that `slm.data.samples.conditions` reads.

Text alone: general knowledge in plain words, written for this project. It knows no doses and replaces no doctor.
"""
# ruff: noqa: E501 (a line of a table is one fact, however long)

NERVES = """
== a tension headache | adult
is: a dull headache that feels like a band around the head
signs: pressure on both sides of the head; tight neck muscles; a mild headache that does not throb
cause: Stress, poor posture, tired eyes and lack of sleep are common triggers.
spread: no; It is not contagious.
prevent: Breaks, movement, enough sleep and water help prevent it.
care: Rest, fresh air, neck stretches and simple pain relief as advised by a pharmacist help.
help: See a doctor if headaches come often. Call emergency services for a sudden severe headache, fever with a stiff neck, or weakness.

== a cluster headache | man
is: a very severe headache around one eye that comes in series
signs: stabbing pain around one eye; a red, watery eye; restlessness; a blocked nose on the same side
cause: The exact cause is not known. Alcohol and smoking can trigger attacks.
spread: no; It is not contagious.
prevent: Avoiding alcohol during a series helps, and a doctor can prescribe preventive medicine.
care: A doctor can offer oxygen or medicines that stop an attack.
help: See a doctor for attacks of severe pain around an eye. Call emergency services for a sudden worst-ever headache or weakness.

== a febrile seizure | toddler
is: a seizure that comes with fever in a small child
signs: jerking arms and legs during a fever; a stiff body; rolled-up eyes; sleepiness afterward
cause: A fever, mostly from an infection, sets it off.
spread: no; It is not contagious.
prevent: It can hardly be prevented. Keeping a child with fever comfortable is enough.
care: Lay the child on the side, remove hard objects, put nothing in the mouth and watch the time.
help: See a doctor the same day after a first one. Call emergency services at once if it lasts more than five minutes or the child has trouble breathing.

== Parkinson's disease | older
is: a slowly progressing brain disease that affects movement
signs: a shaking hand at rest; slow movements; stiff muscles; small steps; a soft voice
cause: Brain cells that make dopamine die, mostly for unknown reasons.
spread: no; It is not contagious.
prevent: There is no sure way to prevent it. Exercise may lower the risk.
care: Medicines, exercise and speech therapy ease the symptoms.
help: See a doctor for shaking or slow movements. Call emergency services after a bad fall or for trouble swallowing with choking.

== Alzheimer's disease | older
is: a brain disease that slowly destroys memory and thinking
signs: poor memory for recent events; repeated questions; a habit of getting lost in known places; trouble finding words
cause: Proteins build up in the brain and nerve cells die. Age is the biggest risk.
spread: no; It is not contagious.
prevent: Movement, healthy blood pressure, good hearing care and social life may lower the risk.
care: Routines, a safe home and support for the family help, and some medicines ease symptoms for a time.
help: See a doctor for memory loss that disturbs daily life. Call emergency services if a person is lost, or suddenly much more confused.

== dementia | older
is: a loss of memory and thinking that is strong enough to disturb daily life
signs: memory loss; confusion about time and place; trouble with everyday tasks; changes in mood
cause: Several brain diseases cause it. Alzheimer's disease is the most common.
spread: no; It is not contagious.
prevent: Movement, no smoking, healthy blood pressure and contact with others may lower the risk.
care: Clear routines, patience, a safe home and support for carers help.
help: See a doctor for growing memory problems. Get help at once for sudden confusion, because it can have a treatable cause.

== delirium | older | emergency
is: a sudden state of confusion caused by illness
signs: sudden confusion; changing alertness; visions of things that are not there; restlessness or great sleepiness
cause: Infections, medicines, lack of fluid, surgery or alcohol withdrawal can cause it.
spread: no; It is not contagious.
prevent: Enough fluid, glasses and hearing aids, good sleep and careful use of medicines lower the risk.
care: Doctors treat the cause, and a calm, well-lit room with known faces helps.
help: Call emergency services or see a doctor at once for sudden confusion.

== multiple sclerosis | woman
is: a disease in which the immune system damages the covering of nerves in the brain and spinal cord
signs: blurred sight in one eye; numbness or tingling; weak legs; tiredness; trouble with balance
cause: The immune system attacks the nerve covering. Genes and surroundings play a part.
spread: no; It is not contagious.
prevent: There is no sure way to prevent it. Not smoking lowers the risk.
care: Medicines reduce attacks, and exercise and therapy help with symptoms.
help: See a doctor for new numbness, weakness or loss of sight. Go to a hospital at once if it comes on suddenly.

== Bell's palsy | adult
is: a sudden weakness of the muscles on one side of the face
signs: a drooping half of the face; an eye that does not close; loss of taste; pain behind the ear
cause: The nerve of the face swells, perhaps after a viral infection.
spread: no; It is not contagious.
prevent: There is no known way to prevent it.
care: A doctor can prescribe medicine, best within three days. The eye must be kept moist.
help: Call emergency services at once for a drooping face, because it can be a stroke. A doctor must tell the two apart.

== vertigo | adult
is: a feeling that you or the room is spinning
signs: a spinning feeling; nausea; unsteady steps; dizziness when turning the head
cause: A problem in the inner ear, such as loose crystals, is the most common cause.
spread: no; It is not contagious.
prevent: Moving the head slowly can prevent attacks.
care: Sit or lie down until it passes. A doctor can treat loose crystals with special head movements.
help: See a doctor for repeated attacks. Call emergency services if there is also weakness, slurred speech, double sight or a severe headache.

== motion sickness | child
is: nausea that comes from traveling
signs: nausea in a car or boat; pale skin; cold sweat; vomiting
cause: The eyes and the inner ear send the brain signals that do not match.
prevent: Look at the horizon, sit in front, get fresh air and do not read on the way.
care: Stop if you can, get fresh air and take small sips of water.
help: See a doctor if it is severe or continues long after the trip.

== fainting | teen
is: a short loss of consciousness because too little blood reaches the brain
signs: dizziness before falling; pale skin; a short loss of consciousness; quick recovery when lying down
cause: Standing long, heat, pain, fear or standing up fast can cause it.
prevent: Drink enough, stand up slowly, and lie down at the first signs.
care: Lay the person flat and raise the legs. Let them get up slowly.
help: See a doctor after fainting. Call emergency services if the person does not wake within a minute, has chest pain, is hurt or fainted during exercise.

== an anxiety disorder | adult
is: a condition with strong worry or fear that is hard to control
signs: constant worry; restlessness; a fast heartbeat; poor sleep; tense muscles
cause: Genes, stress and hard experiences play a part.
spread: no; It is not contagious.
prevent: Movement, sleep, less caffeine and early help can lower the risk.
care: Talking therapy, breathing exercises and sometimes medicine help.
help: See a doctor if worry disturbs daily life. Call emergency services or a crisis line at once for thoughts of self-harm.

== a panic attack | adult
is: a sudden wave of strong fear with physical signs
signs: sudden strong fear; a pounding heart; trembling; tingling fingers; a feeling of not getting enough air
cause: The body's alarm reacts without real danger, often in times of stress.
spread: no; It is not contagious.
prevent: Less caffeine, enough sleep and learning to calm the breath can help.
care: Slow breathing, a calm place and knowing that it passes within minutes help.
help: See a doctor after a first attack. Call emergency services for chest pain or if you are not sure that it is panic.

== ADHD | child
is: a condition in which a person finds it hard to pay attention, sit still or wait
signs: trouble paying attention; restlessness; a habit of acting without thinking; forgetfulness; problems at school and at home
cause: The brain develops differently, and genes play a large part.
spread: no; It is not contagious.
prevent: It cannot be prevented. Bad parenting does not cause it.
care: Clear routines, support at school, training for parents and sometimes medicine help.
help: See a doctor if the signs disturb school or home life for months.

== autism | child
is: a lifelong difference in how a person communicates and sees the world
signs: little eye contact; late speech; repeated movements; strong special interests; distress at changes
cause: The brain develops differently, mostly because of genes. Vaccines do not cause it.
spread: no; It is not contagious.
prevent: It cannot be prevented, and it is not an illness to cure.
care: Early support, clear routines and help with speech and school let people do well.
help: See a doctor if a child does not speak, point or respond to the name as expected, or loses skills.

== dyslexia | child
is: a learning difficulty that makes reading and spelling hard
signs: slow reading; mixed-up letters; poor spelling; good understanding when listening
cause: The brain handles the sounds of language differently, and it runs in families.
spread: no; It is not contagious.
prevent: It cannot be prevented, but early help makes reading easier.
care: Special teaching, extra time and encouragement help.
help: Talk with the school and a doctor if reading stays very hard, and have eyes and hearing checked.

== alcohol poisoning | teen | emergency
is: a dangerous state after drinking too much alcohol in a short time
signs: confusion after much alcohol; vomiting; slow breathing; cold skin; a sleep from which nobody can wake the person
cause: More alcohol is in the blood than the body can handle.
prevent: Drink little or nothing, never in contests, and keep alcohol away from children.
care: Turn the person on the side, keep them warm, and never leave them alone to sleep it off.
help: Call emergency services at once if the person cannot be woken, breathes slowly or has cold, pale skin.

== poisoning | toddler | emergency
is: harm to the body from swallowing, breathing or touching something toxic
signs: burns around the mouth; sudden sleepiness; vomiting; stains or a smell of chemicals; trouble breathing
cause: Medicines, cleaners, plants or batteries are common causes in children.
prevent: Lock away medicines, cleaners and batteries, and keep things in their own bottles.
care: Do not make the person vomit. Keep the package to show what was swallowed.
help: Call emergency services or a poison center at once, and call emergency services if the person is sleepy, has fits or trouble breathing.

== carbon monoxide poisoning | adult | emergency
is: a poisoning by a gas without color or smell that comes from fires and engines
signs: a headache that others in the house have too; dizziness; nausea; confusion; sleepiness
cause: Heaters, stoves, grills or engines burn in a closed space without enough air.
prevent: Fit alarms, have heaters checked, and never use a grill or an engine indoors.
care: Get everyone into fresh air without putting yourself in danger.
help: Go outside and call emergency services at once.

== a sunburn | any
is: a burn of the skin from too much sun
signs: red, hot skin after sun; pain when touched; blisters; peeling after some days
cause: Ultraviolet rays from the sun damage the skin.
prevent: Use shade, clothes, a hat and sunscreen, and avoid the midday sun.
care: Cool cloths, plenty of fluids and staying out of the sun help.
help: See a doctor for many blisters, fever or sunburn in a baby. Call emergency services for confusion or fainting.

== heat exhaustion | adult
is: a reaction of the body to heat and loss of fluid
signs: heavy sweating; dizziness; a headache; cool, moist skin; weakness in the heat
cause: Long heat or hard work with too little fluid causes it.
prevent: Drink often, take breaks in the shade and wear light clothes.
care: Lie down in a cool place, loosen clothes, and drink water in small sips.
help: Call emergency services if it does not improve within half an hour, or if the person becomes confused or faints.

== hypothermia | older | emergency
is: a dangerous drop in body temperature
signs: strong shivering; slurred speech; slow movements; confusion; cold, pale skin
cause: Cold air, cold water or wet clothes take more heat than the body can make.
prevent: Dress in dry layers, cover the head, and heat the home enough.
care: Bring the person inside, remove wet clothes and warm the body slowly with blankets. Do not rub or use hot water.
help: Call emergency services at once if the person is confused, very sleepy or stops shivering.

== frostbite | adult
is: freezing of the skin, mostly on fingers, toes, ears or nose
signs: numb, white skin; hard, waxy skin; tingling; blisters after warming
cause: Very cold air or contact with ice freezes the skin.
prevent: Wear dry, warm gloves, socks and a hat, and take breaks indoors.
care: Go inside, remove wet clothes and warm the part in warm, not hot, water. Do not rub it.
help: See a doctor the same day for numb, white or blistered skin. Call emergency services if the person is also confused or very cold.

== drowning | none | emergency
is: trouble breathing because the face is under water
signs: a head low in the water; silence instead of calls for help; blue lips; a lack of breathing
cause: Water covers the nose and mouth and stops breathing, often quickly and quietly.
prevent: Watch children near water at every moment, fence pools, and learn to swim.
care: Get the person out without putting yourself in danger, and start rescue breaths and chest compressions if they do not breathe.
help: Call emergency services at once, even if the person seems to recover.

== an electric shock | adult | emergency
is: an injury from electricity passing through the body
signs: burns on the skin; muscle pain; an irregular heartbeat; loss of consciousness after contact with a wire
cause: Contact with a live wire, a faulty device or lightning causes it.
prevent: Keep devices away from water, cover sockets and have faulty wires repaired.
care: Turn off the power before touching the person. Start chest compressions if they do not breathe.
help: Call emergency services at once after a strong shock, lightning, fainting or burns.

== heavy bleeding | any | emergency
is: a loss of blood that is fast or does not stop
signs: blood that spurts or flows without stopping; pale, cold skin; dizziness; a fast heartbeat
cause: A deep cut or injury opens a larger blood vessel.
prevent: Care with knives, tools and glass prevents many injuries.
care: Press firmly on the wound with a clean cloth, do not take it away, and lay the person down.
help: Call emergency services at once if blood spurts or does not stop with pressure.

== shock from blood loss | adult | emergency
is: a life-threatening state in which too little blood reaches the organs
signs: pale, clammy skin; a weak, fast pulse; fast breathing; confusion after an injury
cause: Heavy loss of blood or fluid causes it.
prevent: Stopping bleeding early helps prevent it.
care: Press on the bleeding, lay the person down, keep them warm and give nothing to drink.
help: Call emergency services at once.

== a spinal injury | teen | emergency
is: damage to the bones or nerves of the neck or back
signs: neck or back pain after a fall; numb legs; an inability to move arms or legs; tingling
cause: Crashes, falls and diving into shallow water are common causes.
prevent: Seat belts, helmets and never diving into unknown water prevent many cases.
care: Do not move the person unless there is danger. Hold the head still and keep them calm.
help: Call emergency services at once.

== a snake bite | adult | emergency
is: a wound from a snake that may carry venom
signs: two small marks in the skin; swelling; strong pain; nausea; weakness after a bite
cause: A snake bites when it feels in danger.
prevent: Wear boots in tall grass, watch your steps, and leave snakes alone.
care: Keep still, keep the limb still, and take off rings. Do not cut, suck or tie off the wound.
help: Call emergency services at once, even if the bite looks small.

== a tick bite | any
is: a bite from a small creature that holds on to the skin to drink blood
signs: a small dark tick in the skin; a little red spot; mild itching
cause: A tick climbs from grass or bushes onto the skin.
spread: carried; Some ticks carry germs, such as those of Lyme disease, and pass them on while biting.
prevent: Wear long trousers, use repellent and check the skin after walks.
care: Pull the tick out slowly with fine tweezers close to the skin, and clean the spot.
help: See a doctor for a growing red ring, fever or headache in the weeks after.

== a dog bite | child
is: a wound from the teeth of a dog
signs: torn skin; bleeding; pain; swelling; tooth marks
cause: A dog bites when it is afraid, in pain or disturbed.
prevent: Ask before petting a dog, and never disturb one that eats or sleeps.
care: Wash the wound well with soap and running water and cover it with a clean cloth.
help: See a doctor the same day for bites that break the skin, because of infection, tetanus and rabies. Call emergency services for heavy bleeding.
"""
