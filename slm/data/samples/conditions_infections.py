"""Conditions of the airways, allergies and infections, in the format that `slm.data.samples.conditions` reads.

Text alone: general knowledge in plain words, written for this project. It knows no doses and replaces no doctor.
"""
# ruff: noqa: E501 (a line of a table is one fact, however long)

INFECTIONS = """
== laryngitis | adult
is: an inflammation of the voice box
signs: a hoarse voice; a loss of voice; a dry throat; a tickly cough
cause: A cold virus or overuse of the voice causes most cases.
spread: no; The voice loss is not contagious, but a virus behind it can be passed on.
prevent: Avoid smoke, drink enough, and do not strain the voice by shouting.
care: Resting the voice, drinking fluids and breathing moist air help it heal within a week or two.
help: See a doctor if hoarseness lasts longer than three weeks. Call emergency services if there is trouble breathing.

== a severe asthma attack | child | emergency
is: a sudden strong narrowing of the airways in a person with asthma
signs: great trouble breathing; an inability to speak a full sentence; loud wheezing or a silent chest; blue lips; ribs that pull in with each breath
cause: A trigger such as an infection, smoke, pollen or cold air makes the airways swell and tighten.
prevent: Taking controller medicine as prescribed, avoiding triggers and having a written plan lower the risk.
care: Help the person sit up, keep calm, and use the reliever inhaler as their plan says while help is on the way.
help: Call emergency services at once if the person cannot speak, has blue lips, or does not get better with the reliever inhaler.

== whooping cough | baby
is: a bacterial infection of the airways that causes long fits of coughing
signs: long fits of coughing; a whoop sound when breathing in; vomiting after coughing; pauses in breathing; a runny nose
cause: It is caused by the bacterium Bordetella pertussis.
spread: yes; It spreads easily through droplets from coughs and sneezes.
prevent: Vaccination of children, of pregnant women and of people around babies is the best protection.
care: A doctor treats it with antibiotics. Babies are often watched in hospital.
help: See a doctor for any long coughing fits, above all in a baby. Call emergency services if a baby stops breathing or turns blue.

== bronchiolitis | baby
is: a viral infection of the smallest airways in the lungs of babies
signs: fast breathing; a wheeze; a runny nose; poor feeding; a cough
cause: A virus called RSV causes most cases.
spread: yes; It spreads through droplets and by touching toys and hands that carry the virus.
prevent: Clean hands, no smoke near the baby, and distance from people with colds help. Protection against RSV is offered in many countries.
care: Small, frequent feeds, a clear nose and a calm place help. Some babies need oxygen or fluids in hospital.
help: See a doctor if the baby feeds poorly or breathes fast. Call emergency services if there are pauses in breathing, blue lips or great effort to breathe.

== tuberculosis | adult
is: a serious bacterial infection that mostly affects the lungs
signs: a cough for more than three weeks; night sweats; weight loss; a lasting fever; blood in the mucus
cause: It is caused by the bacterium Mycobacterium tuberculosis.
spread: yes; It spreads through the air when a person with the disease in the lungs coughs or speaks.
prevent: Finding and treating people early, fresh air indoors and, in many countries, a vaccine for babies lower the risk.
care: It can be cured with several antibiotics taken for months exactly as the clinic says.
help: See a doctor for a cough that lasts more than three weeks or brings up blood. Call emergency services if a lot of blood is coughed up.

== COPD | older
is: a long-term lung disease in which the airways are damaged and narrow
signs: shortness of breath on effort; a daily cough with mucus; wheezing; frequent chest infections
cause: Smoking causes most cases. Long contact with smoke, dust or fumes is another cause.
spread: no; It is not contagious.
prevent: Not smoking, or stopping as early as possible, is the best prevention.
care: Stopping smoking, inhalers, breathing exercises and vaccines help people live better with it.
help: See a doctor if breathing is worse than usual. Call emergency services for severe trouble breathing, blue lips or confusion.

== emphysema | older
is: a lung disease in which the small air sacs are damaged and lose their stretch
signs: shortness of breath that slowly gets worse; wheezing; a barrel-shaped chest; weight loss
cause: Long-term smoking causes most cases, and a rare inherited lack of a protein causes some.
spread: no; It is not contagious.
prevent: Not smoking and avoiding dust and fumes protect the lungs.
care: Stopping smoking, inhalers and lung exercises ease the symptoms, although the damage does not heal.
help: See a doctor for shortness of breath that gets worse. Call emergency services if the person cannot catch their breath.

== cystic fibrosis | child
is: an inherited disease in which the body makes thick, sticky mucus
signs: repeated lung infections; a lasting cough with thick mucus; poor weight gain; salty-tasting skin; greasy stools
cause: A child gets it by inheriting a changed gene from both parents.
spread: no; It is not contagious.
prevent: It cannot be prevented, but tests can find carriers, and many countries test newborn babies.
care: Chest physiotherapy, medicines, good nutrition and care from a special clinic help people live longer and better.
help: See the clinic early for more cough, fever or weight loss. Call emergency services for severe trouble breathing.

== a collapsed lung | adult | emergency
is: a condition in which air leaks into the space around a lung and presses on it
signs: sudden sharp chest pain on one side; sudden shortness of breath; a fast heartbeat
cause: It can happen after an injury, with lung disease, or without a clear reason, often in tall, thin young people.
prevent: Not smoking lowers the risk.
care: In hospital, doctors watch it or remove the air with a needle or a tube.
help: Call emergency services at once for sudden chest pain with shortness of breath.

== a blood clot in the lung | adult | emergency
is: a blockage of a blood vessel in the lungs, also called a pulmonary embolism
signs: sudden shortness of breath; sharp chest pain when breathing in; a fast heartbeat; blood in the mucus; a swollen leg
cause: A clot, most often from a deep vein in the leg, travels to the lungs.
spread: no; It is not contagious.
prevent: Moving around after operations and on long trips, and following medical advice after surgery, lower the risk.
care: It is treated in hospital with medicines that stop clots from growing.
help: Call emergency services at once for sudden shortness of breath, chest pain or coughing up blood.

== sleep apnea | adult
is: a condition in which breathing stops and starts many times during sleep
signs: loud snoring; pauses in breathing during sleep; sleepiness in the day; morning headaches; poor concentration
cause: The throat narrows or closes during sleep. Extra weight and the shape of the throat raise the risk.
spread: no; It is not contagious.
prevent: Keeping a healthy weight, drinking little alcohol and sleeping on the side can lower the risk.
care: A sleep test shows it. Weight loss, a mouth device or a machine that keeps the airway open can treat it.
help: See a doctor for loud snoring with daytime sleepiness. Do not drive when sleepy.

== a dust mite allergy | child
is: an allergy to tiny creatures that live in house dust
signs: sneezing in the morning; a blocked nose all year; itchy eyes; a cough at night
cause: The immune system reacts to proteins from dust mites in bedding, carpets and soft toys.
spread: no; It is not contagious.
prevent: Washing bedding hot each week and using mite-proof covers reduce contact with mites.
care: Allergy medicines advised by a doctor or pharmacist ease the symptoms.
help: See a doctor if symptoms last or there is wheezing. Call emergency services for severe trouble breathing.

== a peanut allergy | child
is: an allergy in which the immune system reacts to peanuts
signs: hives after eating peanuts; swelling of the lips; an itchy mouth; vomiting soon after eating
cause: The immune system treats peanut proteins as dangerous.
spread: no; It is not contagious.
prevent: Read food labels, ask about food when eating out, and keep prescribed emergency medicine at hand.
care: Avoiding peanuts is the main care. A doctor can test for it and write an emergency plan.
help: See a doctor after any reaction. Call emergency services at once for trouble breathing, swelling of the throat or faintness.

== lactose intolerance | adult
is: trouble digesting lactose, the sugar in milk
signs: bloating after milk; gas; diarrhea after dairy food; belly cramps
cause: The gut makes too little lactase, the enzyme that breaks lactose down.
spread: no; It is not contagious.
prevent: It cannot be prevented, but eating less lactose prevents the symptoms.
care: Lactose-free dairy, smaller portions and lactase products help. Other foods can supply calcium.
help: See a doctor if there is weight loss, blood in the stool or symptoms that continue without milk.

== celiac disease | child
is: a condition in which gluten makes the immune system damage the small bowel
signs: lasting diarrhea; bloating; poor growth; tiredness; weight loss
cause: The immune system reacts to gluten, a protein in wheat, barley and rye, in people with certain genes.
spread: no; It is not contagious.
prevent: It cannot be prevented, but avoiding gluten prevents further damage.
care: A lifelong diet without gluten lets the bowel heal. Keep eating gluten until the tests are done.
help: See a doctor for lasting diarrhea, poor growth or tiredness without a clear cause.

== shingles | older
is: a painful rash caused by the chickenpox virus waking up again in a nerve
signs: burning pain on one side of the body; a stripe of blisters; tingling skin; sensitive skin
cause: The virus stays in the nerves after chickenpox and can become active again years later.
spread: part; Shingles itself does not spread, but fluid from the blisters can give chickenpox to someone who never had it.
prevent: A vaccine for older adults lowers the risk.
care: A doctor can prescribe antiviral medicine, which works best in the first days. Keep the rash clean and covered.
help: See a doctor within three days of the rash. Get help at once if it is near the eye.

== rubella | child
is: a mild viral infection, also called German measles, that is dangerous in pregnancy
signs: a pink rash; swollen glands behind the ears; a mild fever; aching joints
cause: It is caused by the rubella virus.
spread: yes; It spreads through droplets from coughs and sneezes, and from a pregnant woman to her baby.
prevent: Vaccination, best done well before pregnancy, prevents it.
care: Rest and fluids are usually enough.
help: A pregnant woman who may have met someone with rubella should call her doctor the same day.

== scarlet fever | child
is: a bacterial infection with a sore throat and a rough red rash
signs: a rash that feels like sandpaper; a sore throat; a fever; a red, bumpy tongue; flushed cheeks
cause: It is caused by group A streptococcus bacteria that make a toxin.
spread: yes; It spreads through droplets and close contact.
prevent: Wash hands and do not share cups. Keep ill children home until a doctor says they may go back.
care: A doctor prescribes antibiotics. Cool drinks and rest help.
help: See a doctor soon for fever with a rash. Call emergency services for trouble breathing or if the child is hard to wake.

== hand, foot and mouth disease | toddler
is: a mild viral illness with sores in the mouth and a rash on the hands and feet
signs: sores in the mouth; small blisters on the hands and feet; a fever; poor appetite
cause: Coxsackieviruses and related viruses cause it.
spread: yes; It spreads through droplets, fluid from blisters and stool.
prevent: Wash hands well, above all after changing diapers, and clean shared toys.
care: Cool drinks, soft food and rest help, and it clears up in about a week.
help: See a doctor if the child does not drink, passes little urine, or has a fever for more than three days.

== fifth disease | child
is: a mild viral infection with very red cheeks
signs: bright red cheeks; a lacy rash on the arms and legs; a mild fever; a runny nose
cause: It is caused by parvovirus B19.
spread: yes; It spreads through droplets, mostly before the rash appears.
prevent: Washing hands and covering coughs lower the risk.
care: Rest and fluids are enough for most children.
help: A pregnant woman or a person with a blood disorder who had contact with it should call a doctor.

== roseola | baby
is: a viral illness of small children with a high fever followed by a rash
signs: a high fever for about three days; a pink rash after the fever goes down; a cranky mood; swollen eyelids
cause: Human herpesvirus 6 causes most cases.
spread: yes; It spreads through saliva and droplets.
prevent: Washing hands often lowers the risk.
care: Fluids, light clothes and rest help, and the rash fades by itself.
help: See a doctor for a high fever in a baby. Call emergency services if a fit lasts more than five minutes.

== mononucleosis | teen
is: a viral infection, also called glandular fever, that causes long tiredness
signs: great tiredness; a sore throat; swollen glands in the neck; a fever; a full feeling under the left ribs
cause: The Epstein-Barr virus causes most cases.
spread: yes; It spreads through saliva, for example by kissing or sharing cups.
prevent: Do not share cups or toothbrushes with someone who has it.
care: Rest and fluids help. Contact sports must wait until a doctor agrees, because the spleen may be swollen.
help: See a doctor for a sore throat that does not go away. Call emergency services for sudden sharp belly pain or trouble breathing.

== encephalitis | adult | emergency
is: an inflammation of the brain
signs: confusion; a fever; a severe headache; fits; great sleepiness
cause: Viruses cause many cases, and sometimes the immune system attacks the brain.
spread: no; The inflammation itself is not contagious, although some of the viruses behind it can spread.
prevent: Vaccines and protection from mosquito and tick bites prevent some forms.
care: It is treated in hospital.
help: Call emergency services at once for fever with confusion, fits or great sleepiness.

== sepsis | older | emergency
is: a life-threatening reaction of the body to an infection
signs: confusion; fast breathing; a fast heartbeat; cold or blotchy skin; a fever or a very low temperature; very little urine
cause: The body's response to an infection, such as one in the lungs or bladder, damages its own organs.
spread: no; Sepsis itself is not contagious.
prevent: Vaccines, clean wounds and early treatment of infections lower the risk.
care: It needs antibiotics and fluids in hospital without delay.
help: Call emergency services at once if a person with an infection is confused, breathes fast or has blotchy, cold skin.

== rabies | any | emergency
is: a viral disease of the brain that is almost always deadly once symptoms start
signs: tingling at the place of a bite; fear of water; confusion; spasms in the throat; a fever
cause: The rabies virus enters the body through the saliva of an infected animal.
spread: carried; It spreads through bites or scratches from infected animals such as dogs or bats.
prevent: Vaccinate pets, do not touch wild or stray animals, and get treatment after a bite before symptoms start.
care: After a bite, wash the wound with soap and running water for 15 minutes and get vaccine treatment at once.
help: Go to a doctor or hospital at once after a bite that may carry rabies, and call emergency services at once if symptoms appear.

== dengue fever | adult
is: a viral disease passed on by mosquitoes
signs: a sudden high fever; pain behind the eyes; strong muscle and joint pain; a rash; a headache
cause: It is caused by the dengue virus.
spread: carried; It spreads through mosquito bites and not directly between people.
prevent: Use repellent, wear long sleeves and remove standing water.
care: Rest and fluids are the main care. Ask a doctor which pain medicine is safe, because some raise the risk of bleeding.
help: See a doctor for fever after travel. Call emergency services for severe belly pain, repeated vomiting, bleeding or faintness.

== yellow fever | adult | emergency
is: a serious viral disease passed on by mosquitoes in parts of Africa and South America
signs: a sudden fever; yellow skin and eyes; back pain; vomiting; bleeding
cause: It is caused by the yellow fever virus.
spread: carried; It spreads through mosquito bites.
prevent: A vaccine gives long protection, and repellent prevents bites.
care: There is no cure, so hospital care supports the body.
help: Call emergency services at once for yellow skin, bleeding or confusion with fever after travel.

== a Zika virus infection | pregnant
is: a mostly mild viral infection passed on by mosquitoes that can harm an unborn baby
signs: a mild fever; a rash; red eyes; aching joints after travel
cause: It is caused by the Zika virus.
spread: carried; It spreads through mosquito bites, through sex, and from a pregnant woman to her baby.
prevent: Prevent mosquito bites and use condoms after travel. Pregnant women should ask a doctor before traveling.
care: Rest and fluids are usually enough.
help: A pregnant woman with symptoms or recent travel should see a doctor soon.

== cholera | adult | emergency
is: a bacterial infection of the gut that causes severe watery diarrhea
signs: large amounts of watery diarrhea; vomiting; great thirst; sunken eyes; leg cramps
cause: It is caused by the bacterium Vibrio cholerae.
spread: carried; It spreads through water or food that carries the germs.
prevent: Safe water, clean hands, well-cooked food and a vaccine for some travelers prevent it.
care: Drinking oral rehydration solution from the start saves lives.
help: Call emergency services at once if the person is weak, confused, has sunken eyes or cannot drink.

== typhoid fever | adult
is: a serious bacterial infection that spreads through food and water
signs: a fever that rises day by day; belly pain; a headache; weakness; constipation or diarrhea
cause: It is caused by the bacterium Salmonella Typhi.
spread: carried; It spreads through food and water touched by the stool of an infected person.
prevent: Vaccination before travel, safe water and clean hands lower the risk.
care: A doctor treats it with antibiotics.
help: See a doctor for a lasting fever after travel. Call emergency services for severe belly pain, bleeding or confusion.

== polio | child
is: a viral disease that can damage nerves and cause paralysis
signs: sudden weakness of a leg or arm; a fever; a stiff neck; a headache
cause: It is caused by the poliovirus.
spread: yes; It spreads through contact with the stool of an infected person and less often through droplets.
prevent: Vaccination prevents it.
care: There is no cure, so care supports breathing and muscles and helps people learn to move again.
help: Go to a hospital at once for sudden weakness of an arm or leg. Call emergency services for trouble breathing.

== diphtheria | child | emergency
is: a dangerous bacterial infection of the throat that can block the airway
signs: a thick gray coating in the throat; a swollen neck; trouble breathing; a sore throat; a fever
cause: It is caused by the bacterium Corynebacterium diphtheriae, which makes a toxin.
spread: yes; It spreads through droplets and close contact.
prevent: Vaccination with boosters prevents it.
care: It is treated in hospital with antitoxin and antibiotics.
help: Call emergency services at once for a gray coating in the throat with trouble breathing.

== hepatitis A | adult
is: an infection of the liver caused by a virus that mostly comes from food or water
signs: yellow skin and eyes; dark urine; tiredness; nausea; belly pain on the right side
cause: It is caused by the hepatitis A virus.
spread: yes; It spreads through food, water or hands that carry traces of stool.
prevent: A vaccine, clean hands and safe food and water prevent it.
care: Rest, fluids and no alcohol help, and most people recover fully within weeks or months.
help: See a doctor for yellow skin or dark urine. Call emergency services for confusion or bleeding.

== hepatitis B | adult | silent
is: a viral infection of the liver that can become long-lasting
signs: tiredness; yellow skin and eyes; dark urine; joint pain
cause: It is caused by the hepatitis B virus.
spread: yes; It spreads through blood, through sex, and from mother to baby at birth.
prevent: A vaccine protects well. Condoms and clean needles also prevent it.
care: A doctor checks the liver regularly and may prescribe antiviral medicine.
help: See a doctor as soon as you can after possible contact. Call emergency services for confusion or vomiting blood.

== hepatitis C | adult | silent
is: a viral infection of the liver that often goes unnoticed for years
signs: tiredness; mild belly pain; yellow skin
cause: It is caused by the hepatitis C virus.
spread: yes; It spreads mainly through blood, for example by shared needles.
prevent: Never share needles, razors or toothbrushes. There is no vaccine.
care: Modern medicines prescribed by a doctor cure most people.
help: See a doctor for a blood test if you may have been in contact with it.

== an HIV infection | adult | silent
is: a viral infection that slowly weakens the immune system if it is not treated
signs: a flu-like illness some weeks after contact; swollen glands; weight loss; repeated infections
cause: It is caused by the human immunodeficiency virus.
spread: yes; It spreads through sex without protection, shared needles, and from mother to baby, but not through hugs or shared cups.
prevent: Condoms, clean needles, testing and preventive medicine prescribed by a doctor lower the risk.
care: Daily medicines keep the virus down so well that people live long lives and do not pass it on through sex.
help: See a doctor as soon as you can after possible contact, within three days at most, because early medicine can prevent infection. Get tested if unsure.
"""
