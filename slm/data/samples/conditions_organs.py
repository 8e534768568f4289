"""Conditions of the gut, kidneys, heart, blood, hormones, bones and joints, in the format that `slm.data.samples.conditions` reads.

Text alone: general knowledge in plain words, written for this project. It knows no doses and replaces no doctor.
"""
# ruff: noqa: E501 (a line of a table is one fact, however long)

ORGANS = """
== diarrhea | any
is: the passing of loose, watery stools three or more times a day
signs: loose, watery stools; belly cramps; an urgent need for the toilet; nausea
cause: Infections cause most cases. Some foods, medicines and bowel diseases cause others.
spread: part; When an infection is the cause, it spreads through unwashed hands, food and water.
prevent: Wash hands with soap, drink safe water and handle food with care.
care: Drink plenty, best with oral rehydration solution, and eat what you can.
help: See a doctor if it lasts more than a week, or more than a day or two in a baby, or if there is blood. Call emergency services for confusion or fainting.

== acid reflux disease | adult
is: a long-lasting backflow of stomach acid into the food pipe
signs: frequent heartburn; a sour taste; a cough at night; a hoarse voice; trouble swallowing
cause: The muscle at the lower end of the food pipe does not close tightly.
spread: no; It is not contagious.
prevent: A healthy weight, no smoking and early suppers lower the risk.
care: Changes in meals and weight help, and a doctor may prescribe medicine that reduces acid.
help: See a doctor for lasting symptoms, weight loss or trouble swallowing. Call emergency services for crushing chest pain or vomiting blood.

== gastritis | adult
is: an inflammation of the lining of the stomach
signs: a burning pain in the upper belly; nausea; fullness after small meals; loss of appetite
cause: Helicobacter bacteria, some pain medicines and too much alcohol are common causes.
spread: no; The inflammation is not contagious, although the bacteria can pass between people.
prevent: Use pain medicines only as advised and drink little alcohol.
care: A doctor looks for the cause and may prescribe medicine that reduces acid.
help: See a doctor if the pain lasts more than a week. Call emergency services for vomiting blood or black stools.

== a stomach ulcer | adult
is: an open sore in the lining of the stomach
signs: a burning pain between meals or at night; bloating; nausea; black stools
cause: Helicobacter pylori bacteria and some pain medicines cause most ulcers.
spread: no; The ulcer is not contagious.
prevent: Use anti-inflammatory pain medicines only as advised, and do not smoke.
care: A doctor can treat the bacteria with antibiotics and reduce the acid so that it heals.
help: See a doctor for lasting pain in the upper belly. Call emergency services for vomiting blood, black stools or sudden strong pain.

== irritable bowel syndrome | adult
is: a common condition in which the bowel is sensitive without visible damage
signs: belly pain that eases after going to the toilet; bloating; diarrhea or constipation; gas
cause: The exact cause is not known. Sensitive nerves in the gut, stress and some foods play a part.
spread: no; It is not contagious.
prevent: Regular meals, movement and less stress can prevent flare-ups.
care: A food diary, fiber, exercise and stress relief help, and a doctor can advise on medicines.
help: See a doctor for weight loss, blood in the stool, or new symptoms after the age of fifty.

== Crohn's disease | teen
is: a long-term inflammation that can affect any part of the gut
signs: lasting diarrhea; cramping belly pain; weight loss; tiredness; sores in the mouth
cause: The immune system attacks the gut, and genes and surroundings play a part.
spread: no; It is not contagious.
prevent: It cannot be prevented. Not smoking makes flare-ups less likely.
care: Medicines, good nutrition and sometimes an operation control it.
help: See a doctor for lasting diarrhea or weight loss. Get help at once for severe belly pain, high fever or heavy bleeding.

== ulcerative colitis | adult
is: a long-term inflammation of the lining of the large bowel
signs: diarrhea with blood; an urgent need for the toilet; belly cramps; tiredness; weight loss
cause: The immune system attacks the large bowel, and genes play a part.
spread: no; It is not contagious.
prevent: It cannot be prevented, but taking medicine as prescribed prevents flare-ups.
care: Medicines that calm the inflammation help, and some people need an operation.
help: See a doctor for blood in the stool. Call emergency services for heavy bleeding, high fever or a swollen, painful belly.

== diverticulitis | older
is: an inflammation of small pouches in the wall of the large bowel
signs: pain in the lower left belly; a fever; constipation or diarrhea; nausea
cause: Small pouches in the bowel wall become inflamed or infected.
spread: no; It is not contagious.
prevent: Fiber, enough fluid, movement and not smoking lower the risk.
care: A doctor decides on rest for the bowel, medicines or hospital care.
help: See a doctor the same day for belly pain with fever. Call emergency services for severe pain, a hard belly or heavy bleeding.

== gallstones | adult | plural
is: small hard lumps that form in the gallbladder
signs: strong pain in the upper right belly after a fatty meal; nausea; pain in the right shoulder; vomiting
cause: They form when parts of the bile, often cholesterol, become solid.
spread: no; They are not contagious.
prevent: A healthy weight, slow rather than fast weight loss, and movement lower the risk.
care: Stones without symptoms need no treatment. Painful ones are often treated by removing the gallbladder.
help: See a doctor for repeated pain. Go to a hospital at once for fever, yellow skin or pain that does not stop.

== pancreatitis | adult | emergency
is: an inflammation of the pancreas
signs: severe pain in the upper belly that goes through to the back; vomiting; a fever; a fast heartbeat
cause: Gallstones and heavy drinking are the most common causes.
spread: no; It is not contagious.
prevent: Drinking little or no alcohol and treating gallstones lower the risk.
care: It is treated in hospital with fluids, pain relief and rest for the gut.
help: Call emergency services at once for severe upper belly pain with vomiting.

== hemorrhoids | adult | plural
is: swollen veins in or around the anus
signs: bright red blood on the toilet paper; itching; a soft lump; pain when sitting
cause: Pressure in the veins from straining, pregnancy or long sitting causes them.
spread: no; They are not contagious.
prevent: Fiber, fluids, movement and not straining prevent them.
care: Warm baths, soft stools and creams advised by a pharmacist help.
help: See a doctor for any bleeding, to be sure of the cause. Call emergency services for heavy bleeding or faintness.

== a hernia | man
is: a bulge in which part of an organ pushes through a weak spot in the muscles
signs: a soft bulge in the groin or belly; a bulge that grows when coughing; a pulling pain; a heavy feeling
cause: A weak spot in the belly wall and pressure from lifting, coughing or straining cause it.
prevent: Lifting with care, a healthy weight and not straining lower the risk.
care: A doctor checks it, and an operation can repair it.
help: See a doctor for a new bulge. Call emergency services if it becomes hard, very painful, or comes with vomiting.

== pinworms | child | plural
is: small white worms that live in the bowel, most often in children
signs: itching around the anus at night; restless sleep; tiny white threads in the stool
cause: They come from swallowing worm eggs, which are too small to see.
spread: yes; The eggs spread through hands, bedding and toys.
prevent: Wash hands before meals, keep nails short and change underwear each morning.
care: A pharmacist or doctor can give medicine for the whole family, and bedding should be washed hot.
help: See a doctor if the child is under two, if you are pregnant, or if it comes back.

== a bowel obstruction | older | emergency
is: a blockage that stops food and gas from passing through the bowel
signs: cramping belly pain; vomiting; a swollen belly; no stool or gas
cause: Scars from earlier operations, hernias and tumors are common causes.
prevent: Early treatment of hernias and bowel disease lowers the risk.
care: It is treated in hospital, sometimes with an operation. Do not eat or drink on the way.
help: Call emergency services at once for a swollen, painful belly with vomiting and no stool or gas.

== a kidney infection | woman
is: a bacterial infection of one or both kidneys
signs: pain in the side or back; a high fever; shaking chills; burning when passing urine; nausea
cause: Bacteria travel up from the bladder to the kidneys.
spread: no; It is not contagious.
prevent: Early treatment of bladder infections and enough fluid lower the risk.
care: A doctor prescribes antibiotics, and some people need hospital care.
help: See a doctor the same day. Call emergency services for confusion, fast breathing or if no fluids stay down.

== chronic kidney disease | older | silent
is: a slow, lasting loss of kidney function
signs: tiredness; swollen ankles; changes in how often urine is passed; itchy skin
cause: Diabetes and high blood pressure cause most cases.
spread: no; It is not contagious.
prevent: Control of blood pressure and blood sugar, no smoking and little salt protect the kidneys.
care: Medicines and diet slow it down. In late stages, dialysis or a transplant may be needed.
help: See a doctor for regular checks. Call emergency services for trouble breathing, chest pain or confusion.

== bedwetting | child
is: the passing of urine during sleep in a child who is old enough to stay dry by day
signs: wet beds at night; deep sleep; dry days
cause: The bladder and its signals are still maturing, and it often runs in families.
prevent: It is nobody's fault and mostly cannot be prevented. A toilet visit before bed helps.
care: Patience, no blame, and a bedwetting alarm for older children help, and most children grow out of it.
help: See a doctor if it starts again after months of dry nights, or if there is pain or great thirst.

== low blood pressure | adult
is: a blood pressure that is lower than usual
signs: dizziness when standing up; faintness; blurred sight; tiredness
cause: Too little fluid, heat, some medicines, blood loss or heart problems can cause it.
spread: no; It is not contagious.
prevent: Drink enough and stand up slowly.
care: Lying down with raised legs and drinking water help during a dizzy spell. A doctor can review medicines.
help: See a doctor for repeated dizziness. Call emergency services if the person passes out, is confused or has chest pain.

== high cholesterol | adult | silent
is: too much cholesterol in the blood, which can clog the arteries
signs: yellowish spots near the eyes; fatty lumps over the tendons
cause: Fatty food, little movement, extra weight and genes play a part.
spread: no; It is not contagious.
prevent: Less saturated fat, more vegetables, movement and no smoking lower it.
care: Diet and exercise help, and a doctor may prescribe medicine.
help: See a doctor for a blood test, above all if heart disease runs in the family.

== angina | older
is: chest pain that comes when the heart muscle gets too little blood
signs: a tight chest on effort; pain that eases with rest; shortness of breath; pain in the arm or jaw
cause: Narrowed arteries of the heart let too little blood through.
spread: no; It is not contagious.
prevent: No smoking, healthy food, movement, and control of blood pressure and cholesterol lower the risk.
care: Rest and medicine prescribed by a doctor ease an attack, and some people need a procedure that opens the artery.
help: See a doctor for chest pain on effort. Call emergency services at once if the pain comes at rest or does not go away within minutes.

== heart failure | older
is: a condition in which the heart cannot pump blood as well as it should
signs: shortness of breath when lying flat; swollen ankles; tiredness; quick weight gain from fluid
cause: Heart attacks, high blood pressure and valve problems are common causes.
spread: no; It is not contagious.
prevent: Treating blood pressure and heart disease early and not smoking lower the risk.
care: Medicines, less salt and daily weighing help, with regular visits to a doctor.
help: See a doctor for quick weight gain or more swelling. Call emergency services for severe trouble breathing or chest pain.

== atrial fibrillation | older
is: an irregular and often fast heartbeat that starts in the upper chambers of the heart
signs: an irregular pulse; a fluttering feeling in the chest; tiredness; shortness of breath
cause: High blood pressure, heart disease, thyroid problems, alcohol and age raise the risk.
spread: no; It is not contagious.
prevent: Control of blood pressure, little alcohol and a healthy weight lower the risk.
care: A doctor may prescribe medicines that control the rhythm and prevent clots.
help: See a doctor for an irregular pulse. Call emergency services for chest pain, fainting or signs of a stroke.

== cardiac arrest | adult | emergency
is: a sudden stop of the heartbeat
signs: a sudden collapse; a lack of normal breathing; a lack of reaction to voice or touch
cause: A heart attack or a dangerous heart rhythm is the usual cause.
prevent: Care for the heart, and training in first aid, save lives.
care: Start chest compressions in the middle of the chest, hard and fast, and use a defibrillator if there is one.
help: Call emergency services at once and start chest compressions until help takes over.

== a mini-stroke | older | emergency
is: a short blockage of blood flow in the brain whose signs go away by themselves
signs: weakness on one side for some minutes; slurred speech that passes; a drooping face that recovers; short loss of sight in one eye
cause: A small clot blocks a vessel in the brain for a short time.
spread: no; It is not contagious.
prevent: Control of blood pressure and cholesterol, and no smoking, lower the risk.
care: It needs tests and treatment in hospital, because a full stroke may follow.
help: Call emergency services at once, even if the signs have gone away.

== deep vein thrombosis | adult
is: a blood clot in a deep vein, mostly in the leg
signs: a swollen leg; pain in the calf; warm, red skin on one leg
cause: Long sitting, operations, injuries, pregnancy and some illnesses make blood clot more easily.
spread: no; It is not contagious.
prevent: Move the legs on long trips and get up soon after operations, as advised.
care: A doctor treats it with medicines that stop clots from growing.
help: See a doctor the same day for a swollen, painful leg. Call emergency services at once for chest pain or shortness of breath.

== varicose veins | woman | plural
is: swollen, twisted veins under the skin, mostly in the legs
signs: bulging blue veins; heavy legs in the evening; swollen ankles; itching over a vein
cause: Small valves in the veins get weak, so that blood collects. Pregnancy, standing and genes play a part.
spread: no; They are not contagious.
prevent: Movement, a healthy weight and raising the legs help.
care: Support stockings and walking ease them, and a doctor can treat or remove them.
help: See a doctor for pain, skin changes or sores. Press on a bleeding vein, raise the leg and call emergency services if it does not stop.

== sickle cell disease | child
is: an inherited disease in which red blood cells are shaped like a sickle
signs: attacks of strong pain; tiredness; swollen hands and feet; frequent infections; yellow eyes
cause: A child gets it by inheriting a changed gene from both parents.
spread: no; It is not contagious.
prevent: It cannot be prevented, but tests can find carriers. Fluids and warmth help prevent pain attacks.
care: A special clinic gives vaccines, medicines and pain plans.
help: See the clinic early for fever or pain. Call emergency services for trouble breathing, chest pain, sudden weakness or severe pain.

== hemophilia | boy
is: an inherited disorder in which blood does not clot well
signs: long bleeding after small cuts; large bruises; swollen, painful joints; nosebleeds that are hard to stop
cause: A changed gene makes the body lack a clotting factor. It affects mostly boys.
spread: no; It is not contagious.
prevent: It cannot be prevented, but regular treatment prevents bleeds.
care: A special clinic gives the missing clotting factor and advice on safe sports.
help: See the clinic after any injury to a joint. Call emergency services for a blow to the head or bleeding that does not stop.

== leukemia | child
is: a cancer of the cells that make blood
signs: pale skin; many bruises; frequent infections; tiredness; bone pain
cause: White blood cells change and grow without control, mostly for unknown reasons.
spread: no; It is not contagious.
prevent: Most cases cannot be prevented.
care: Specialists treat it with chemotherapy and other methods, and many children are cured.
help: See a doctor for bruises, paleness and tiredness that have no clear reason. Get help at once for fever during treatment.

== low blood sugar | adult | emergency
is: a fall in blood sugar below what the body needs, mostly in people treated for diabetes
signs: shaking; sweating; sudden hunger; confusion; a fast heartbeat
cause: Too much diabetes medicine, too little food or more exercise than usual causes it.
prevent: Regular meals, checks of blood sugar and carrying something sweet prevent it.
care: A person who is awake and can swallow should take sugar at once, such as juice or sweets, and then eat something.
help: Call emergency services at once if the person is drowsy, has a fit or cannot swallow, and give nothing by mouth.

== diabetic ketoacidosis | teen | emergency
is: a dangerous state in diabetes in which the blood becomes too acid from a lack of insulin
signs: breath that smells of fruit; fast, deep breathing; vomiting; great thirst; belly pain; sleepiness
cause: Too little insulin makes the body burn fat and form acids called ketones.
spread: no; It is not contagious.
prevent: Take insulin as prescribed, even when ill, and test for ketones when blood sugar is high.
care: It is treated in hospital with fluids and insulin.
help: Call emergency services at once for vomiting, deep breathing or sleepiness in a person with diabetes.

== an overactive thyroid | woman
is: a condition in which the thyroid gland makes too much hormone
signs: weight loss in spite of a good appetite; a fast heartbeat; trembling hands; sweating; restlessness
cause: Graves' disease and lumps in the thyroid are common causes.
spread: no; It is not contagious.
prevent: It can mostly not be prevented. Not smoking lowers the risk.
care: A doctor may use medicines, radioactive iodine or an operation.
help: See a doctor for a blood test. Call emergency services for a very fast heartbeat, high fever or confusion.

== an underactive thyroid | woman
is: a condition in which the thyroid gland makes too little hormone
signs: tiredness; weight gain; a constant feeling of cold; dry skin; a low mood
cause: The immune system often damages the thyroid. A lack of iodine is another cause.
spread: no; It is not contagious.
prevent: Enough iodine in food prevents some cases.
care: Daily hormone medicine prescribed by a doctor replaces what is missing.
help: See a doctor for a blood test if these signs last. Call emergency services for great sleepiness with a low body temperature.

== gout | man
is: a painful joint inflammation caused by crystals of uric acid
signs: sudden severe pain in the big toe; a red, hot, swollen joint; pain that starts at night
cause: Too much uric acid in the blood forms crystals in a joint.
spread: no; It is not contagious.
prevent: A healthy weight, enough water, and little alcohol, red meat and sugary drinks lower the risk.
care: Rest, cooling and medicine from a doctor ease an attack.
help: See a doctor for a hot, swollen joint, and at once if there is fever.

== osteoarthritis | older
is: a wearing of the smooth cartilage in joints
signs: joint pain with use; stiffness after rest; a grating feeling in the joint; swollen knuckles
cause: Age, earlier injuries, extra weight and genes play a part.
spread: no; It is not contagious.
prevent: A healthy weight, strong muscles and care against joint injuries lower the risk.
care: Exercise, weight loss, warmth and pain relief advised by a doctor help. Some people need a new joint.
help: See a doctor for joint pain that lasts. Get help soon for a hot, red joint with fever.

== rheumatoid arthritis | woman
is: a long-term disease in which the immune system attacks the joints
signs: swollen joints on both sides; morning stiffness for over half an hour; painful fingers; tiredness
cause: The immune system attacks the lining of the joints. Genes and smoking raise the risk.
spread: no; It is not contagious.
prevent: It cannot be prevented for sure, but not smoking lowers the risk.
care: Early treatment by a specialist, with medicines and exercise, protects the joints.
help: See a doctor for joints that stay swollen for more than a few weeks.

== osteoporosis | older | silent
is: a condition in which bones become thin and break easily
signs: a broken bone after a small fall; loss of height; a bent back
cause: Bone is lost with age, above all after menopause. Little movement, smoking and some medicines add to it.
spread: no; It is not contagious.
prevent: Calcium and vitamin D in food, exercise, and no smoking keep bones strong.
care: A doctor may measure the bones and prescribe medicine. Making the home safe prevents falls.
help: See a doctor after a break from a small fall. Call emergency services if a person cannot get up after a fall.

== sciatica | adult
is: pain along the large nerve that runs from the lower back down the leg
signs: shooting pain down one leg; tingling in the foot; pain when sitting; numbness in the leg
cause: A disc or bone in the lower back presses on the nerve.
prevent: Movement, strong muscles and careful lifting lower the risk.
care: Gentle movement, warmth and time help most people, and a doctor can advise on pain relief.
help: See a doctor if it lasts or the leg becomes weak. Go to a hospital at once for numbness between the legs or loss of bladder control.

== carpal tunnel syndrome | woman
is: a squeezing of a nerve in the wrist
signs: tingling in the thumb and first fingers; numb fingers at night; a weak grip; wrist pain
cause: Swelling in the narrow tunnel of the wrist presses on the nerve. Repeated hand movements and pregnancy can add to it.
spread: no; It is not contagious.
prevent: Breaks, straight wrists and varied hand work lower the risk.
care: A wrist splint at night and rest help. A doctor may advise an injection or a small operation.
help: See a doctor if numbness lasts or the thumb becomes weak.

== tennis elbow | adult
is: soreness of the tendons on the outer side of the elbow
signs: pain on the outer elbow; pain when gripping; a weak grip
cause: Repeated twisting and gripping strain the tendons.
prevent: Warm up, use good technique and take breaks.
care: Rest from the movement that hurts, cooling and exercises help, although healing can take months.
help: See a doctor if it does not improve after some weeks.

== plantar fasciitis | adult
is: soreness of the thick band under the foot
signs: heel pain with the first steps in the morning; pain after long standing; a tender heel
cause: Strain on the band under the foot from standing, running or extra weight causes it.
spread: no; It is not contagious.
prevent: Good shoes, stretching and a healthy weight lower the risk.
care: Stretching, cushioned shoes and less running help, and most cases heal within a year.
help: See a doctor if heel pain lasts over some weeks or the foot is numb.

== fibromyalgia | woman
is: a long-term condition with pain in many parts of the body
signs: widespread pain; tiredness; poor sleep; trouble concentrating; tender muscles
cause: The exact cause is not known. The nervous system seems to make pain signals stronger.
spread: no; It is not contagious.
prevent: There is no known way to prevent it.
care: Gentle exercise, sleep routines, and help with stress and mood ease it.
help: See a doctor for widespread pain that lasts more than three months.

== a muscle cramp | any
is: a sudden, painful tightening of a muscle
signs: sudden pain in the calf; a hard muscle; pain at night or during sport
cause: Tired muscles, lack of fluid and long sitting or standing can bring it on.
prevent: Stretching, enough fluid and slow training help prevent it.
care: Stretch and massage the muscle gently and use warmth.
help: See a doctor if cramps come often, or if the leg is swollen, red or weak.

== scoliosis | teen
is: a sideways curve of the spine
signs: uneven shoulders; one hip higher than the other; a rib hump when bending forward
cause: In most young people no cause is found, and it often runs in families.
spread: no; It is not contagious.
prevent: It cannot be prevented. Posture and bags do not cause it.
care: Small curves are watched. Larger ones may need a brace or an operation.
help: See a doctor if shoulders or hips look uneven. Get help soon for weak or numb legs.
"""
