"""Common conditions, in the format that `slm.data.samples.conditions` reads.

Text alone: general knowledge in plain words, written for this project. It knows no doses and replaces no doctor.
"""
# ruff: noqa: E501 (a line of a table is one fact, however long)

COMMON = """
== asthma | any
is: a long-term condition in which the airways swell and narrow from time to time
signs: wheezing; shortness of breath; a tight chest; a cough at night
cause: It comes from airways that react too strongly to things such as pollen, dust, smoke, cold air or exercise. Genes play a part.
spread: no; It is not contagious.
prevent: It cannot always be prevented, but avoiding triggers and taking controller medicine as prescribed can prevent attacks.
care: Doctors treat it with inhalers and a written action plan.
help: See a doctor if symptoms wake the person at night or the reliever is needed often. Call emergency services if the inhaler does not help or the person can hardly speak.

== the flu | any
is: a viral infection of the airways, also called influenza, that makes the whole body feel ill
signs: a sudden high fever; aching muscles; a dry cough; chills; a headache; great tiredness
cause: It is caused by influenza viruses, which change a little from year to year.
spread: yes; It spreads from person to person through droplets from coughs, sneezes and talking.
prevent: A flu vaccine each year, clean hands and staying home when ill all lower the risk.
care: Rest, fluids and fever relief as advised by a pharmacist are the usual care. People at high risk may be given antiviral medicine by a doctor.
help: See a doctor early if the person is very young, old, pregnant or has a long-term illness. Call emergency services for trouble breathing, chest pain or confusion.

== the common cold | any
is: a mild viral infection of the nose and throat
signs: a runny or blocked nose; sneezing; a sore throat; a mild cough; a slight fever
cause: Many different viruses cause it, most often rhinoviruses.
spread: yes; It spreads through droplets from coughs and sneezes and by touching things that an ill person has touched.
prevent: Wash your hands often, do not touch your face, and keep away from people who are ill.
care: Rest, plenty of fluids and time are enough, and it clears up by itself within about ten days. Antibiotics do not help against a virus.
help: See a doctor if it lasts more than ten days, if the fever is high, or if there is trouble breathing.

== COVID-19 | adult
is: an infection with a coronavirus that mainly affects the airways
signs: a cough; a fever; a loss of smell or taste; tiredness; a sore throat; shortness of breath
cause: It is caused by the virus SARS-CoV-2.
spread: yes; It spreads through droplets and fine particles in the air that people breathe out, above all indoors.
prevent: Vaccination, fresh air indoors, clean hands and staying away from others when ill lower the risk.
care: Most people recover at home with rest and fluids. A doctor may offer antiviral medicine to people at high risk.
help: See a doctor if you are at high risk or are getting worse. Call emergency services for trouble breathing, chest pain, blue lips or confusion.

== strep throat | child
is: an infection of the throat and tonsils with bacteria
signs: a sudden sore throat; pain when swallowing; a fever; red tonsils with white spots; swollen glands in the neck
cause: It is caused by bacteria called group A streptococcus.
spread: yes; It spreads through droplets and close contact, often in families and schools.
prevent: Wash hands often, do not share cups, and keep ill children home until a doctor says they may go back.
care: A doctor can confirm it with a throat swab and prescribe antibiotics. Soft food and cool drinks ease the pain.
help: See a doctor for a sore throat with fever. Call emergency services if the person drools, cannot swallow or struggles to breathe.

== tonsillitis | child
is: an inflammation of the tonsils at the back of the throat
signs: a sore throat; red, swollen tonsils; trouble swallowing; a fever; bad breath
cause: Viruses cause most cases, and bacteria cause some.
spread: part; The germs behind it spread through droplets and shared cups or spoons.
prevent: Wash hands, do not share cups or cutlery, and stay away from people with sore throats.
care: Rest, cool drinks and soft food help. A doctor decides whether bacteria are the cause and antibiotics are needed.
help: See a doctor if it lasts more than a few days or comes back often. Call emergency services if breathing becomes hard.

== sinusitis | adult
is: an inflammation of the hollow spaces around the nose
signs: pressure or pain in the face; a blocked nose; thick mucus from the nose; a headache; a weaker sense of smell
cause: It often follows a cold, when swelling blocks the sinuses. Allergies and bacteria can also cause it.
spread: no; It is not contagious itself, although the cold that leads to it is.
prevent: Treat colds with rest, avoid smoke, and keep the air at home from getting too dry.
care: Salt-water rinses, warm moist air and rest help, and most cases clear up within a few weeks.
help: See a doctor if it lasts more than ten days or gets worse again. Get help at once for swelling around the eye, a stiff neck or confusion.

== acute bronchitis | adult
is: an inflammation of the large airways in the lungs
signs: a cough with mucus; chest soreness; tiredness; a mild fever; a slight wheeze
cause: Viruses cause most cases, often after a cold.
spread: part; The viruses behind it spread through coughs, sneezes and unwashed hands.
prevent: Do not smoke, wash hands often, and stay up to date with vaccines.
care: Rest, fluids and time help, although the cough may last about three weeks. Antibiotics are rarely needed.
help: See a doctor for a high fever, blood in the mucus, or a cough that lasts over three weeks. Call emergency services for severe trouble breathing.

== pneumonia | older
is: an infection of the lungs in which the small air sacs fill with fluid
signs: a cough with thick mucus; a high fever; shortness of breath; chest pain when breathing in; chills
cause: Bacteria, viruses or, less often, fungi cause it.
spread: part; Many of the germs that cause it spread through coughs, sneezes and close contact.
prevent: Vaccines against pneumococcus and flu, clean hands and not smoking lower the risk.
care: A doctor decides on the treatment, which is often antibiotics with rest and fluids. Some people need care in hospital.
help: See a doctor the same day for fever with shortness of breath. Call emergency services for blue lips, severe trouble breathing or confusion.

== croup | toddler
is: a swelling of the voice box and windpipe in young children, usually after a cold
signs: a barking cough; a hoarse voice; a harsh sound when breathing in; a fever; a restless night
cause: Viruses cause it, most often parainfluenza viruses.
spread: yes; The viruses spread through droplets and unwashed hands.
prevent: Washing hands and keeping away from people with colds lower the risk.
care: Keep the child calm and upright and offer drinks. A doctor can give a medicine that reduces the swelling.
help: See a doctor if the noisy breathing is there at rest. Call emergency services if the child struggles to breathe, drools or turns blue.

== hay fever | any
is: an allergy to pollen that affects the nose and eyes
signs: sneezing; itchy eyes; a runny nose; watery eyes; an itchy throat in spring or summer
cause: The immune system reacts to pollen from trees, grass or weeds as if it were harmful.
spread: no; It is not contagious.
prevent: Keeping windows closed on days with much pollen and showering after being outdoors reduce contact with pollen.
care: Allergy medicines, nose sprays and eye drops help, and a pharmacist or doctor can advise.
help: See a doctor if it disturbs sleep or daily life. Call emergency services for trouble breathing.

== anaphylaxis | any | emergency
is: a sudden, severe allergic reaction of the whole body
signs: trouble breathing; swelling of the face or throat; widespread hives; faintness; vomiting soon after contact with a trigger
cause: The immune system overreacts to something such as a food, an insect sting or a medicine.
spread: no; It is not contagious.
prevent: People at risk should avoid their triggers and always carry their adrenaline injector.
care: Use the person's adrenaline injector at once if there is one, lay them down, and sit them up only if breathing is hard.
help: Call emergency services at once, even if the person feels better after the injection.

== hives | any | plural
is: raised, itchy patches on the skin that come and go
signs: raised itchy bumps; patches that move from place to place; patches that fade within a day
cause: They can come from an allergy, an infection, heat, cold or stress, and often no cause is found.
spread: no; They are not contagious.
prevent: Avoiding known triggers helps.
care: Cool cloths, loose clothes and allergy medicine advised by a pharmacist ease the itch.
help: See a doctor if they last more than six weeks or keep coming back. Call emergency services if the lips, tongue or throat swell or breathing is hard.

== chickenpox | child
is: a viral infection with an itchy, blistering rash
signs: an itchy rash of small blisters; spots in different stages; a fever; tiredness
cause: It is caused by the varicella-zoster virus.
spread: yes; It spreads through the air and by touching fluid from the blisters.
prevent: A vaccine protects most people.
care: Cool baths, short nails and lotions for the itch help. Do not give aspirin to children.
help: See a doctor for babies, pregnant women, adults or anyone with weak immunity. Get help at once for trouble breathing, a stiff neck or confusion.

== measles | child
is: a very contagious viral disease with fever and a rash
signs: a high fever; a red blotchy rash that starts on the face; red watery eyes; a cough; white spots in the mouth
cause: It is caused by the measles virus.
spread: yes; It spreads through the air when an ill person breathes, coughs or sneezes, and the virus can stay in a room for up to two hours.
prevent: Full vaccination protects almost everyone.
care: Rest, fluids and medical advice are the main care, because no medicine kills the virus.
help: Phone a doctor before visiting, so that others are not infected. Call emergency services for trouble breathing, fits or confusion.

== mumps | child
is: a viral infection that makes the glands near the jaw swell
signs: swollen cheeks; pain when chewing; a fever; a headache; a sore jaw
cause: It is caused by the mumps virus.
spread: yes; It spreads through droplets and shared cups.
prevent: Vaccination is the best protection.
care: Rest, soft food, fluids and cool or warm cloths on the cheeks help.
help: See a doctor to confirm it. Get help at once for a stiff neck, a severe headache, belly pain or swollen testicles.

== meningitis | teen | emergency
is: a dangerous inflammation of the layers around the brain and spinal cord
signs: a severe headache; a stiff neck; a high fever; dislike of bright light; a rash that does not fade when pressed
cause: Bacteria or viruses cause it, and the bacterial form is the most dangerous.
spread: part; Some of the germs spread through close contact, coughs and kissing.
prevent: Vaccines protect against several types. Close contacts may be given antibiotics by a doctor.
care: It is treated in hospital as fast as possible.
help: Call emergency services at once for fever with a stiff neck, confusion or a rash that does not fade under a glass.

== Lyme disease | adult
is: a bacterial infection passed on by ticks
signs: a red ring that grows around a tick bite; tiredness; a fever; aching joints; a headache
cause: It is caused by Borrelia bacteria.
spread: carried; It spreads through tick bites and not from person to person.
prevent: Wear long clothes in woods and tall grass, use insect repellent, and check for ticks afterward.
care: A doctor treats it with antibiotics, and early treatment works well.
help: See a doctor for a spreading red ring, or for fever after a tick bite. Get help at once for a drooping face or a very slow heartbeat.

== tetanus | adult | emergency
is: a dangerous disease in which a germ's poison makes the muscles lock
signs: a stiff jaw; painful muscle spasms; trouble swallowing; a stiff neck
cause: Bacteria from soil, dust or rusty, dirty things enter the body through a wound and make a toxin.
spread: no; It is not contagious from person to person.
prevent: Vaccination with boosters and careful cleaning of wounds prevent it.
care: It is treated in intensive care.
help: Call emergency services at once for a locked jaw or spasms. See a doctor the same day for a deep or dirty wound if vaccination is not up to date.

== malaria | adult | emergency
is: a serious disease caused by parasites in the blood
signs: a fever after travel to a warm country; shaking chills; sweating; a headache; vomiting
cause: Plasmodium parasites cause it.
spread: carried; It spreads through the bites of infected mosquitoes.
prevent: Bed nets, repellent and preventive medicine prescribed before travel lower the risk.
care: It must be treated quickly with medicines against malaria.
help: See a doctor the same day for any fever after a stay in a malaria area, and call emergency services at once for confusion, fits or trouble breathing.

== food poisoning | any
is: an illness from eating food that carries germs or their toxins
signs: nausea; vomiting; diarrhea; belly cramps some hours after a meal
cause: Bacteria such as Salmonella or Campylobacter, viruses or toxins in food cause it.
spread: carried; It comes from food, and some of the germs can then pass from person to person.
prevent: Cook meat well, keep cold food cold, wash hands, and keep raw meat away from other food.
care: Small sips of fluid or oral rehydration solution and rest help, and it mostly passes in a few days.
help: See a doctor for blood in the stool, a high fever, or signs of drying out. Call emergency services if the person is confused or faints.

== gastroenteritis | child
is: an infection of the stomach and bowel, also called stomach flu
signs: vomiting; watery diarrhea; belly cramps; a mild fever
cause: Viruses such as norovirus or rotavirus cause most cases.
spread: yes; It spreads through unwashed hands, food and surfaces that carry the germs.
prevent: Wash hands with soap, clean surfaces, and have babies vaccinated against rotavirus.
care: Give small, frequent sips of oral rehydration solution and offer normal food when the person wants it.
help: See a doctor if there is little urine, blood in the stool, or vomiting that does not stop. Call emergency services if a child is limp or hard to wake.

== dehydration | older
is: a state in which the body has lost more fluid than it has taken in
signs: thirst; a dry mouth; dark urine; dizziness; little urine
cause: Vomiting, diarrhea, sweating, heat or too little drinking cause it.
prevent: Drink regularly, more in heat, during exercise and when ill.
care: Small, frequent sips of water or oral rehydration solution and rest in a cool place help.
help: See a doctor if it does not improve. Call emergency services if the person is confused, faints or cannot keep fluids down.

== constipation | any
is: a condition in which stools are hard, dry or rare
signs: hard stools; fewer than three stools a week; straining; belly discomfort
cause: Too little fiber, fluid or movement, some medicines, and ignoring the urge can cause it.
spread: no; It is not contagious.
prevent: Eat fruit, vegetables and whole grains, drink enough and move every day.
care: More fiber, fluids, movement and time on the toilet after meals help. A pharmacist can advise on laxatives.
help: See a doctor for blood in the stool, weight loss, or a change that lasts. Get help at once for severe belly pain with vomiting.

== heartburn | adult
is: a burning feeling behind the breastbone when stomach acid flows up
signs: burning in the chest after meals; a sour taste; burping; discomfort when lying down
cause: Acid from the stomach flows into the food pipe. Large meals, some foods and extra weight make it more likely.
spread: no; It is not contagious.
prevent: Eat smaller meals, do not lie down soon after eating, and avoid foods that bring it on.
care: Raising the head of the bed and antacids advised by a pharmacist help.
help: See a doctor if it comes often or swallowing is hard. Call emergency services for chest pain with sweating or shortness of breath, because that may be the heart.

== appendicitis | child | emergency
is: an inflammation of the appendix, a small pouch on the large bowel
signs: pain that starts near the navel and moves to the lower right; loss of appetite; nausea; a mild fever; pain that gets worse with movement
cause: The appendix becomes blocked and inflamed.
spread: no; It is not contagious.
prevent: There is no sure way to prevent it.
care: It is usually treated in hospital with an operation. Do not give food until a doctor has seen the person.
help: Go to a hospital at once, and call emergency services at once if the pain is severe, the belly is hard or the person looks very ill.

== a urinary tract infection | woman
is: an infection of the bladder or the tubes that carry urine
signs: burning when passing urine; a frequent urge to pass urine; cloudy urine; pain in the lower belly
cause: Bacteria, mostly from the bowel, get into the urinary tract.
spread: no; It is not contagious.
prevent: Drink enough, do not hold urine for long, and wipe from front to back.
care: A doctor tests the urine and may prescribe antibiotics. Drinking water helps.
help: See a doctor soon, above all when pregnant. Get help the same day for fever, back pain or vomiting.

== kidney stones | adult | plural
is: hard lumps of minerals that form in the kidneys
signs: waves of severe pain in the side; blood in the urine; nausea; a frequent urge to pass urine
cause: They form when the urine holds too much of certain minerals, often because of too little drinking.
spread: no; They are not contagious.
prevent: Drinking plenty of water and eating less salt lower the risk.
care: Small stones pass with fluids and pain relief from a doctor. Larger ones can be broken up or removed.
help: See a doctor for severe side pain or blood in the urine. Go to a hospital at once for fever, chills or no urine.

== high blood pressure | older | silent
is: a condition in which blood presses too hard against the walls of the arteries
signs: headaches; dizziness; blurred sight
cause: Age, genes, salt, extra weight, alcohol and little movement all play a part.
spread: no; It is not contagious.
prevent: Less salt, regular movement, a healthy weight, little alcohol and no smoking lower the risk.
care: Healthy habits and medicines taken as prescribed bring it down.
help: See a doctor to have it checked regularly. Call emergency services for chest pain, sudden weakness, trouble speaking or trouble seeing.

== a heart attack | older | emergency
is: damage to the heart muscle because its blood supply is blocked
signs: pressure or pain in the chest; pain that spreads to the arm, jaw or back; cold sweat; shortness of breath; nausea
cause: A clot blocks an artery of the heart that was already narrowed by fatty deposits.
spread: no; It is not contagious.
prevent: No smoking, movement, healthy food, and control of blood pressure, sugar and cholesterol lower the risk.
care: Let the person rest in a half-sitting position and keep calm until help comes. Start chest compressions if they stop breathing.
help: Call emergency services at once, even if you are not sure, because every minute counts.

== a stroke | older | emergency
is: a sudden loss of brain function because blood cannot reach part of the brain or a vessel bleeds
signs: a drooping face on one side; weakness of an arm or leg; slurred speech; sudden trouble seeing; a sudden severe headache
cause: A clot or bleeding in the brain causes it. High blood pressure is the biggest risk.
spread: no; It is not contagious.
prevent: Control of blood pressure, no smoking, movement and treatment of an irregular heartbeat lower the risk.
care: Note the time when it began, keep the person safe, and give nothing to eat or drink.
help: Call emergency services at once, because quick treatment saves brain cells.

== type 1 diabetes | child
is: a lifelong condition in which the body no longer makes insulin
signs: great thirst; frequent urination; weight loss; tiredness; new bedwetting
cause: The immune system destroys the cells in the pancreas that make insulin.
spread: no; It is not contagious.
prevent: It cannot be prevented at present.
care: Insulin every day, checks of blood sugar and help from a diabetes team control it.
help: See a doctor the same day for great thirst with weight loss. Call emergency services for vomiting, fast breathing, sleepiness or confusion.

== type 2 diabetes | adult
is: a condition in which the body does not use insulin well and blood sugar rises
signs: thirst; frequent urination; tiredness; blurred sight; slow healing of wounds
cause: Extra weight, little movement, age and genes lead to resistance to insulin.
spread: no; It is not contagious.
prevent: A healthy weight, movement, and food with much fiber and little sugar lower the risk.
care: Healthy food, movement, medicines and regular checks of eyes, feet and kidneys control it.
help: See a doctor for a blood test if you have these signs. Call emergency services for confusion, great sleepiness or fast breathing.

== iron deficiency anemia | woman
is: a lack of healthy red blood cells because the body has too little iron
signs: tiredness; pale skin; shortness of breath on effort; cold hands; dizziness
cause: Blood loss, pregnancy or too little iron in food cause it.
spread: no; It is not contagious.
prevent: Foods rich in iron, such as meat, beans, lentils and leafy greens, help prevent it.
care: A doctor finds the cause and may advise iron. Keep iron medicine away from children.
help: See a doctor for lasting tiredness or pale skin. Call emergency services for chest pain or fainting.

== low back pain | adult
is: pain in the lower part of the back
signs: an aching lower back; stiffness; pain when bending or lifting; tight muscles
cause: Strained muscles and joints cause most cases.
prevent: Regular movement, strong back muscles and careful lifting prevent it.
care: Keep moving gently, use warmth, and avoid long bed rest. Most cases improve within weeks.
help: See a doctor if it lasts over some weeks. Go to a hospital at once for weak legs, numbness between the legs or loss of bladder control.

== a sprained ankle | any
is: an injury in which the bands that hold the ankle are stretched or torn
signs: pain after twisting the foot; swelling; a bruise; trouble walking
cause: The foot turns inward too far in a fall or misstep.
prevent: Good shoes, strong ankles and care on rough ground lower the risk.
care: Rest, cooling with a cloth around the ice, a bandage and raising the foot help in the first days.
help: See a doctor if you cannot take four steps, or if the bone hurts when touched or looks crooked.

== a broken bone | child
is: a crack or break in a bone
signs: strong pain after a fall; swelling; a crooked arm or leg; pain when moving; a bruise
cause: A fall, a blow or an accident puts more force on the bone than it can bear.
prevent: Helmets and pads in sports, safe homes and strong bones lower the risk.
care: Keep the limb still and do not try to straighten it. A doctor sets it, often with a cast.
help: Go to a hospital for an X-ray. Call emergency services if the bone shows, the limb is cold or blue, or the neck or back may be hurt.

== a concussion | teen
is: a mild brain injury after a blow to the head
signs: a headache after a blow; dizziness; confusion; nausea; trouble remembering
cause: A fall, a crash or a blow shakes the brain inside the skull.
prevent: Helmets, seat belts and safe play lower the risk.
care: Rest for a day or two, then a slow return to normal life. No sports until a doctor agrees.
help: See a doctor after a blow with symptoms. Call emergency services at once for repeated vomiting, a fit, worse headache, great sleepiness or loss of consciousness.

== a migraine | woman
is: a strong headache that comes in attacks, often with nausea
signs: a throbbing headache on one side; nausea; dislike of light and noise; flickering lights before the pain
cause: Changes in nerve activity in the brain cause it. Triggers include stress, lack of sleep and hormones.
spread: no; It is not contagious.
prevent: Regular sleep and meals and avoiding triggers can prevent attacks.
care: Rest in a dark, quiet room and medicine advised by a doctor help.
help: See a doctor for frequent attacks. Call emergency services at once for a sudden, worst-ever headache, weakness, confusion or a stiff neck.

== epilepsy | child
is: a brain condition with repeated seizures
signs: repeated seizures; short spells of staring; jerking arms and legs; confusion afterward
cause: Bursts of electrical activity in the brain cause seizures. Genes, injuries or unknown reasons lie behind it.
spread: no; It is not contagious.
prevent: Helmets and safe births prevent some cases. Taking medicine regularly prevents seizures.
care: Protect the head, turn the person on the side, and put nothing in the mouth during a seizure. Doctors prescribe preventive medicine.
help: See a doctor after a first seizure. Call emergency services if a seizure lasts more than five minutes or another follows.

== depression | adult
is: an illness with low mood and loss of interest that lasts for weeks
signs: a low mood for two weeks or more; loss of interest; poor sleep; tiredness; feelings of guilt
cause: Genes, stress, loss and changes in the brain play a part together. It is not a weakness.
spread: no; It is not contagious.
prevent: Support from others, movement, sleep and early help lower the risk.
care: Talking therapy, medicine from a doctor, movement and support help most people.
help: See a doctor if the low mood lasts two weeks. Call emergency services or a crisis line at once for thoughts of suicide.

== insomnia | adult
is: lasting trouble falling or staying asleep
signs: long hours awake in bed; broken sleep; tiredness in the day; a short temper
cause: Stress, worry, screens, caffeine, pain and irregular hours are common causes.
spread: no; It is not contagious.
prevent: Fixed bedtimes, a dark quiet room, and no caffeine or screens late in the day help.
care: Good sleep habits and a kind of talking therapy for sleep work well.
help: See a doctor if it lasts more than a few weeks or comes with low mood.

== choking | toddler | emergency
is: a blockage of the airway by food or an object
signs: a sudden inability to speak or cough; hands at the throat; noisy or no breathing; a blue face
cause: Food or a small object gets stuck in the windpipe.
prevent: Cut food small, sit while eating, and keep small objects away from young children.
care: Encourage coughing. If the person cannot breathe, give five firm back blows, then five thrusts to the belly, or to the chest for a baby.
help: Call emergency services at once if the blockage does not clear, and start chest compressions if the person becomes unconscious.

== a burn | child
is: damage to the skin from heat, hot liquid, chemicals or electricity
signs: red, painful skin; blisters; swelling after contact with something hot
cause: Hot drinks, stoves, fire, steam, strong sun or chemicals cause it.
prevent: Keep hot drinks and pans out of reach, and test bath water.
care: Cool it under cool running water for 20 minutes and cover it loosely. Do not use ice, butter or toothpaste.
help: See a doctor for burns with blisters, and go to a hospital for burns that are larger than the person's hand or on the face, hands or joints. Call emergency services for large, deep, electrical or chemical burns.

== heat stroke | older | emergency
is: a dangerous overheating of the body
signs: a very high body temperature; confusion; hot skin; fast breathing; a collapse in the heat
cause: The body cannot get rid of heat, on hot days, in hot cars or during hard work.
prevent: Drink often, rest in the shade, and never leave anyone in a parked car.
care: Bring the person to a cool place and cool them with water and fanning while you wait.
help: Call emergency services at once and cool the person while you wait.

== a nosebleed | child
is: bleeding from the small vessels in the nose
signs: blood from one nostril; a taste of blood; a dry nose
cause: Dry air, nose picking, colds and small injuries cause most nosebleeds.
prevent: Moist air and not picking the nose help prevent it.
care: Sit up, lean forward and pinch the soft part of the nose for ten minutes.
help: Call emergency services or go to a hospital if it does not stop after 20 minutes, is very heavy or follows a blow to the head.

== a bee sting | any
is: a small wound with venom from a bee
signs: sudden sharp pain; a red, swollen spot; itching; a stinger in the skin
cause: A bee leaves its stinger and venom in the skin.
prevent: Stay calm near bees, wear shoes in grass, and cover sweet drinks outdoors.
care: Scrape the stinger out quickly, wash the skin and cool it.
help: See a doctor for many stings or a sting in the mouth. Call emergency services at once for trouble breathing, a swollen face or faintness.

== eczema | baby
is: a long-term condition with dry, itchy, inflamed skin
signs: itchy skin in the folds of the elbows and knees; dry, red patches; scratch marks; poor sleep from itching
cause: The skin barrier is weak, and genes and allergies play a part.
spread: no; It is not contagious.
prevent: Daily moisturizing and avoiding harsh soap and wool can prevent flare-ups.
care: Moisturize often, and use creams that a doctor prescribes for flare-ups.
help: See a doctor if it does not get better. Get help the same day for painful blisters, pus or fever.

== acne | teen
is: a skin condition in which blocked pores become spots
signs: pimples on the face; blackheads; oily skin; sore red lumps
cause: Hormones make the skin oily, and oil and dead cells block the pores.
spread: no; It is not contagious.
prevent: Gentle washing and oil-free products help. Not squeezing spots prevents scars.
care: Gentle cleansing and creams from a pharmacist or doctor help, although they take weeks to work.
help: See a doctor for painful lumps, scars or if it makes you sad.

== head lice | child | plural
is: tiny insects that live in the hair and feed on blood from the scalp
signs: an itchy scalp; small white eggs stuck to the hair; tiny moving insects
cause: They crawl from one head to another during close contact. Dirt does not cause them.
spread: yes; They spread through contact of hair with hair.
prevent: Avoid head-to-head contact during an outbreak and check the hair of the family.
care: Comb wet hair with a fine comb every few days and use a product from the pharmacist.
help: See a doctor if treatment fails or the scalp is sore or oozing.

== ringworm | child
is: a fungal infection of the skin that has nothing to do with worms
signs: a ring-shaped rash; a scaly edge; itching; clear skin in the middle
cause: Fungi that live on skin cause it.
spread: yes; It spreads through skin contact, shared towels and pets.
prevent: Do not share towels or combs, keep skin dry, and have itchy pets checked.
care: Antifungal cream from a pharmacist helps. Ringworm of the scalp needs medicine from a doctor.
help: See a doctor if it does not improve in two weeks or is on the scalp.

== an ear infection | toddler
is: an infection of the middle ear, behind the eardrum
signs: ear pain; a fever; a habit of tugging at the ear; poor hearing; fluid from the ear
cause: Germs reach the middle ear, often during a cold.
spread: no; The ear infection is not contagious, but the cold that leads to it is.
prevent: Vaccines, no smoke and breastfeeding lower the risk.
care: Pain relief advised by a doctor or pharmacist and rest help. A doctor decides about antibiotics.
help: See a doctor for babies, strong pain, or fluid from the ear. Get help at once for swelling behind the ear or a stiff neck.

== pink eye | child
is: an inflammation of the clear layer over the white of the eye, also called conjunctivitis
signs: a red eye; sticky lids in the morning; itching; watery eyes
cause: Viruses, bacteria or allergies cause it.
spread: part; It spreads through hands and towels when germs are the cause. The allergic kind does not spread.
prevent: Wash hands, do not rub the eyes, and do not share towels.
care: Clean the lids with cooled boiled water. A doctor decides whether drops are needed.
help: See a doctor for pain, poor sight, contact lenses or a newborn baby with it.

== tooth decay | child
is: damage to a tooth from acids that bacteria make out of sugar
signs: toothache; pain with sweet or cold things; a dark spot or hole in a tooth
cause: Bacteria turn sugar into acid, which eats into the tooth.
spread: no; The hole is not contagious, although the bacteria can pass between people.
prevent: Brush twice a day with fluoride toothpaste, eat little sugar and see a dentist regularly.
care: A dentist cleans and fills the tooth.
help: See a dentist for toothache or a dark spot. Go to a hospital at once for a swollen face with fever or trouble swallowing.
"""
