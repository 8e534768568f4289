"""Conditions of babies, women and men, and others such as cancers, in the format that `slm.data.samples.conditions` reads.

Text alone: general knowledge in plain words, written for this project. It knows no doses and replaces no doctor.
"""
# ruff: noqa: E501 (a line of a table is one fact, however long)

FAMILIES = """
== colic | baby
is: frequent long crying in a healthy young baby
signs: hours of crying in the evening; clenched fists; a red face; pulled-up legs
cause: The cause is not known. It passes by about four months of age.
spread: no; It is not contagious.
prevent: It cannot be prevented.
care: Holding, rocking, quiet and burping may soothe. Put the baby down safely and take a break if you feel overwhelmed, and never shake a baby.
help: See a doctor for fever, vomiting or poor feeding. Call emergency services if the baby is limp, blue or hard to wake.

== newborn jaundice | newborn
is: a yellow color of the skin and eyes in the first weeks of life
signs: yellow skin; yellow eyes; sleepiness; poor feeding
cause: The young liver cannot yet clear a yellow substance called bilirubin fast enough.
spread: no; It is not contagious.
prevent: Frequent feeding helps the body clear it.
care: Most cases fade by themselves. Some babies need light treatment in hospital.
help: See a doctor or midwife the same day for yellow skin. Call emergency services if the baby is limp, does not feed or is hard to wake.

== a fever in a baby | young baby
is: a body temperature of 38 degrees Celsius or more in an infant
signs: a temperature of 38 degrees or more; hot skin; much crying; poor feeding
cause: Infections cause most fevers.
spread: no; The fever is not contagious, but the infection behind it may be.
prevent: Clean hands, vaccines and distance from ill people lower the risk.
care: Offer feeds often and dress the baby lightly. Ask a doctor before giving any medicine.
help: A baby under three months with fever must see a doctor at once. Call emergency services for a limp baby, trouble breathing, fits or a rash that does not fade.

== morning sickness | pregnant
is: nausea and vomiting in early pregnancy
signs: nausea in the first months of pregnancy; vomiting; dislike of smells
cause: Pregnancy hormones are the likely cause.
prevent: Small, frequent meals and rest can prevent nausea.
care: Dry biscuits before getting up, small meals and ginger may help. A doctor knows medicines that are safe in pregnancy.
help: See a doctor if no food or drink stays down, urine is dark, or weight is lost.

== preeclampsia | pregnant | emergency
is: a dangerous condition in pregnancy with high blood pressure
signs: a severe headache in pregnancy; blurred sight; pain under the right ribs; sudden swelling of face and hands
cause: The placenta does not work as it should, and the blood vessels react.
spread: no; It is not contagious.
prevent: Regular pregnancy checks find it early. A doctor may advise prevention for women at high risk.
care: Doctors control the blood pressure and decide when the baby should be born.
help: Call the hospital or emergency services at once for a severe headache, trouble seeing, belly pain or fits in pregnancy.

== gestational diabetes | pregnant | silent
is: high blood sugar that starts during pregnancy
signs: thirst; frequent urination; tiredness
cause: Pregnancy hormones make insulin work less well.
spread: no; It is not contagious.
prevent: A healthy weight and movement before and during pregnancy lower the risk.
care: Healthy meals, movement, checks of blood sugar and sometimes insulin keep mother and baby well.
help: Keep all pregnancy visits, and see a doctor for great thirst. Call the hospital if the baby moves less.

== a miscarriage | pregnant
is: the loss of a pregnancy in the first months
signs: bleeding in early pregnancy; cramps in the lower belly; tissue from the vagina
cause: Most often the early pregnancy did not develop normally. It is not the woman's fault.
prevent: Most cannot be prevented. Not smoking and no alcohol lower the risk.
care: A doctor checks what is needed, and rest and support matter.
help: See a doctor the same day for bleeding in pregnancy. Call emergency services for heavy bleeding, fainting or severe pain.

== an ectopic pregnancy | pregnant | emergency
is: a pregnancy that grows outside the womb, mostly in a tube
signs: sharp pain on one side of the lower belly in early pregnancy; bleeding; shoulder pain; faintness
cause: The fertilized egg settles in the wrong place, often because a tube is damaged.
prevent: Protection from and early treatment of infections passed on by sex lowers the risk.
care: It is treated in hospital with medicine or an operation.
help: Call emergency services at once for strong belly pain, shoulder pain or fainting in early pregnancy.

== painful periods | young woman | plural
is: cramps in the lower belly during menstruation
signs: cramps in the lower belly at the start of a period; back pain; nausea; tiredness
cause: The womb tightens to shed its lining. Conditions such as endometriosis can make it worse.
spread: no; They are not contagious.
prevent: Regular exercise may make them milder.
care: Warmth, movement and pain relief advised by a pharmacist help.
help: See a doctor if the pain disturbs daily life or gets worse. Get help at once for sudden severe pain or if you may be pregnant.

== endometriosis | young woman
is: a condition in which tissue like the lining of the womb grows outside it
signs: very painful periods; pain during sex; pelvic pain; trouble getting pregnant
cause: The exact cause is not known. Hormones and genes play a part.
spread: no; It is not contagious.
prevent: There is no sure way to prevent it.
care: Pain relief, hormones or an operation can help, as advised by a doctor.
help: See a doctor for pelvic pain that disturbs daily life.

== menopause | midlife woman
is: the natural end of menstruation, mostly around the age of fifty
signs: hot flashes; irregular periods; night sweats; poor sleep; mood changes
cause: The ovaries slowly make fewer hormones.
prevent: It is a normal stage of life and needs no prevention.
care: Light clothes, movement and sleep habits help. A doctor can advise on hormones.
help: See a doctor for bleeding after menopause or symptoms that disturb daily life.

== polycystic ovary syndrome | young woman
is: a hormone disorder that affects how the ovaries work
signs: irregular periods; extra hair on the face; acne; weight gain; trouble getting pregnant
cause: Hormones are out of balance, and insulin and genes play a part.
spread: no; It is not contagious.
prevent: A healthy weight and movement can make it milder.
care: Healthy habits and medicines from a doctor help with periods, skin and fertility.
help: See a doctor for irregular periods or trouble getting pregnant.

== a vaginal yeast infection | young woman
is: an overgrowth of yeast in the vagina
signs: itching; thick white discharge; soreness; burning
cause: A yeast called Candida grows too much, for example after antibiotics.
spread: no; It is not usually passed on.
prevent: Cotton underwear and no scented soaps lower the risk.
care: Antifungal treatment from a pharmacist or doctor clears it up.
help: See a doctor the first time, in pregnancy, if it returns, or with fever or belly pain.

== chlamydia | young adult | silent
is: a common bacterial infection passed on by sex
signs: unusual discharge; burning when passing urine; pain in the lower belly
cause: It is caused by the bacterium Chlamydia trachomatis.
spread: yes; It spreads through sex without protection.
prevent: Condoms and regular tests prevent it.
care: A doctor prescribes antibiotics for both partners.
help: See a doctor or clinic for a test after sex without protection. Get help at once for strong belly pain or fever.

== gonorrhea | young adult | silent
is: a bacterial infection passed on by sex
signs: thick yellow or green discharge; burning when passing urine; a sore throat
cause: It is caused by the bacterium Neisseria gonorrhoeae.
spread: yes; It spreads through sex without protection and from mother to baby at birth.
prevent: Condoms and regular tests prevent it.
care: A doctor treats both partners with antibiotics.
help: See a doctor or clinic for discharge or after contact. Get help at once for fever with belly or joint pain.

== syphilis | adult
is: a bacterial infection passed on by sex that goes through several stages
signs: a painless sore; a rash on palms and soles; swollen glands; a fever
cause: It is caused by the bacterium Treponema pallidum.
spread: yes; It spreads through contact with sores during sex and from mother to unborn baby.
prevent: Condoms, tests and tests in pregnancy prevent it.
care: A doctor cures it with antibiotics.
help: See a doctor or clinic for a painless sore or a rash on the palms.

== genital herpes | young adult
is: a viral infection passed on by sex that causes blisters
signs: painful blisters on the genitals; tingling; burning when passing urine; swollen glands
cause: Herpes simplex viruses cause it and stay in the body.
spread: yes; It spreads through skin contact during sex, sometimes even without blisters.
prevent: Condoms and no sex during an outbreak lower the risk.
care: A doctor can prescribe antiviral medicine that makes attacks shorter.
help: See a doctor for new blisters, and at once in pregnancy.

== an enlarged prostate | older man
is: a growth of the prostate gland that is common in older men
signs: a weak stream of urine; a need to pass urine at night; a feeling that the bladder is not empty
cause: The prostate grows with age and hormones.
spread: no; It is not contagious.
prevent: It can hardly be prevented.
care: Less drinking before bed, medicines or an operation help.
help: See a doctor for trouble passing urine or blood in it. Go to a hospital at once if no urine comes.

== testicular torsion | teen boy | emergency
is: a twisting of a testicle that cuts off its blood supply
signs: sudden strong pain in one testicle; a swollen scrotum; nausea; a testicle that sits higher than usual
cause: The cord that holds the testicle twists, sometimes during sleep or sport.
prevent: There is no sure way to prevent it.
care: It needs an operation within hours to save the testicle.
help: Go to a hospital at once, or call emergency services at once, for sudden strong pain in a testicle.

== obesity | adult
is: a long-term condition with so much body fat that it harms health
signs: a high body mass index; shortness of breath on stairs; joint pain; tiredness
cause: Food, movement, genes, sleep, medicines and surroundings all play a part.
spread: no; It is not contagious.
prevent: Daily movement, regular sleep, and meals with vegetables and little sugar lower the risk.
care: Small lasting changes, support and sometimes medicines or an operation help.
help: See a doctor for advice that suits you. Call emergency services for chest pain or severe shortness of breath.

== anorexia nervosa | teen girl
is: an eating disorder with strong fear of gaining weight
signs: great loss of weight; very small meals; fear of gaining weight; a constant feeling of cold; missed periods
cause: Genes, stress, ideals and feelings play a part together.
spread: no; It is not contagious.
prevent: A calm way with food and looks, and early help, lower the risk.
care: Treatment by a team for body and mind helps, and families can help too.
help: See a doctor soon for quick weight loss. Call emergency services for fainting, chest pain or thoughts of suicide.

== rickets | toddler
is: a softening of the bones in children
signs: bowed legs; bone pain; late walking; thick wrists
cause: Too little vitamin D, calcium or sunlight causes it.
spread: no; It is not contagious.
prevent: Vitamin D as advised for babies, calcium in food and time outdoors prevent it.
care: A doctor treats it with vitamin D and calcium.
help: See a doctor for bowed legs, bone pain or late walking.

== scurvy | adult
is: an illness from a lack of vitamin C
signs: bleeding gums; easy bruises; slow healing of wounds; tiredness; sore joints
cause: Too little fruit and vegetables over a long time causes it.
spread: no; It is not contagious.
prevent: Fresh fruit and vegetables prevent it.
care: Vitamin C and good food cure it, with a doctor's advice.
help: See a doctor for bleeding gums with bruises and tiredness.

== lung cancer | older
is: a cancer that starts in the lungs
signs: a cough that does not go away; blood in the mucus; weight loss; shortness of breath; chest pain
cause: Smoking causes most cases. Radon gas and asbestos are other causes.
spread: no; It is not contagious.
prevent: Not smoking and keeping away from smoke are the best prevention.
care: Specialists treat it with operations, radiation or medicines.
help: See a doctor for a cough that lasts over three weeks or blood in the mucus. Call emergency services for severe trouble breathing or much blood.

== breast cancer | midlife woman
is: a cancer that starts in the breast
signs: a new lump in the breast; a change in the shape of the breast; dimpled skin; fluid from the nipple
cause: Cells in the breast change and grow without control. Age, genes and hormones raise the risk.
spread: no; It is not contagious.
prevent: Movement, little alcohol and a healthy weight lower the risk, and screening finds it early.
care: Operations, radiation and medicines treat it, and early treatment works well.
help: See a doctor soon for a new lump or a change in the breast.

== colon cancer | older
is: a cancer of the large bowel
signs: blood in the stool; a lasting change in bowel habits; weight loss; tiredness
cause: Small growths called polyps can turn into cancer over years.
spread: no; It is not contagious.
prevent: Screening, fiber, movement, little red meat and no smoking lower the risk.
care: Operations and medicines treat it, and early cancers can often be cured.
help: See a doctor for blood in the stool or a lasting change. Call emergency services for heavy bleeding or severe belly pain.

== Down syndrome | baby
is: a condition in which a person is born with an extra copy of chromosome 21
signs: low muscle tone; a flat face; upward slanting eyes; slower development
cause: An extra chromosome 21 is present from the start of life.
prevent: It cannot be prevented. Nobody is to blame.
care: Early support, checks of heart, hearing and sight, and good schooling help people live full lives.
help: See a doctor for regular checks. Call emergency services if a baby has blue lips or trouble breathing.

== hypermobile joints | teen | plural
is: joints that bend further than usual
signs: very flexible joints; joint pain after activity; frequent sprains
cause: The bands that hold joints together are looser than usual, often in the family.
prevent: They cannot be prevented, but strong muscles protect the joints.
care: Strength training and pacing help, with advice from a physiotherapist.
help: See a doctor for joint pain that lasts or joints that slip out of place.

== hiccups | any | plural
is: sudden, repeated jerks of the muscle under the lungs
signs: a repeated hic sound; jerks in the chest; short discomfort after a meal
cause: Eating fast, fizzy drinks, excitement or a full stomach set them off.
prevent: Eat slowly and avoid fizzy drinks.
care: Sipping cold water or holding the breath for a moment may stop them, and they mostly pass by themselves.
help: See a doctor if they last more than two days.
"""
