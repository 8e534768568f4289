"""The words that all built-in stories share: names, creatures, and the rules of their grammar.

Tables only. The notation is that of `grammar`; the slots are filled by `stories`.
"""
# ruff: noqa: E501, SIM905 (a line of a table is a beat of a story, however long)

GIRLS = """Lily Lucy Anna Mia Emma Sara Rosa Jane Kate Ruby Nora Amy Ivy Maya Zoe Eva Lena Nina Tina Molly Sally
Betty Polly Holly Daisy Alice Clara Grace Julia Laura Maria Hannah Leah Rachel Emily Olivia Chloe Ellie
Wendy Tess Rose Jenny Penny Fiona Diana Elena Heidi Kim Linda Mary Nancy Paula
Susan Vera Beth Erin Gina Helen Judy Kelly Lisa Rita Sonia Tara Ada""".split()

BOYS = """Tom Ben Sam Max Leo Tim Jack Finn Noah Adam Luke Oscar Henry Peter Paul Mark Dan Joe Bob Billy Tommy Jimmy
Danny Johnny Andy Eric Felix George Harry Ian Jake Kevin Liam Mike Nick Owen Pedro Ray Simon Ted Victor Zack
Alex Arthur Carl David Edward Frank Greg Hugo Ivan Jason Kyle Leon Mason Nathan Omar Ralph Ryan Scott Theo Tony
Walter Wade Aaron Brian Colin Dean Ethan Fred Gary Howard Jay Karl Logan Martin Neil Patrick Robert Roy Todd""".split()

SHE_ANIMALS = """Daisy Hazel Fern Willow Clover Ruby Pearl Ginger Penny Holly Ivy Luna Maple Bella Dot Sunny Violet
Misty Lucy Molly Sky Jade Coco Amber Dawn April Nelly Rosa Bonnie Fanny Tina Wendy Greta""".split()

HE_ANIMALS = """Pip Moss Oak Chip Rusty Patch Button Max Buddy Rocky Rex Duke Oscar Felix Milo Toby Teddy Bruno Bolt
Scout Jet Basil Pebble Copper Thunder Sandy Ash Finn Otto Gus Hugo Leo Ned""".split()

ANIMALS = """rabbit mouse squirrel fox bear hedgehog cat duck frog turtle lamb pig goat deer beaver badger otter mole
kitten puppy raccoon bunny pony goose""".split()

CHILD_NAMES = {"she": GIRLS, "he": BOYS}
ANIMAL_NAMES = {"she": SHE_ANIMALS, "he": HE_ANIMALS}
CHILD_KINDS = {"she": "girl", "he": "boy"}
PRONOUNS = {"she": ("she", "her", "her", "herself"), "he": ("he", "him", "his", "himself")}

# (what a child calls the grown-up, pronoun) and (who lives nearby, pronoun or "" where either will do)
PARENTS = (("mom", "she"), ("dad", "he"), ("mom", "she"), ("dad", "he"), ("grandma", "she"), ("grandpa", "he"))
TOWN_ELDERS = tuple(
    (f"{title} {name}", pronoun)
    for name in "Brown Green Hill White Black King Wood Fox Bell Field Stone Rice Cook Baker Lake Moon Gray".split()
    for title, pronoun in (("Mr.", "he"), ("Mrs.", "she"))
)
WOODS_ELDERS = tuple(
    (f"the {old} {animal}", "")
    for old in ("old", "wise", "wise old")
    for animal in ("owl", "turtle", "toad", "crow", "horse", "goose", "badger", "donkey")
)

# One set of rules for each speaker: SPEAKER, VOICE and MANNER stand for who, whose and how.
SPEECH = """
PREFIXsaid = said SPEAKER|SPEAKER said|said SPEAKER|said SPEAKER [MANNER]|SPEAKER said [MANNER]
PREFIXhappy = said SPEAKER [happily|with joy|with a laugh]|laughed SPEAKER|SPEAKER said [happily|with a big smile|with a grin]
| cheered SPEAKER|SPEAKER [cheered|shouted with joy]|said SPEAKER with a [big|wide|happy|bright] [smile|grin]
PREFIXsadly = said SPEAKER [sadly|in a small voice|with a sigh|in a sad voice]|SPEAKER [sighed|whispered]
| SPEAKER said [sadly|in a small voice|with tears in VOICE eyes|very quietly]|whispered SPEAKER|sighed SPEAKER
PREFIXcried = cried SPEAKER|SPEAKER [cried|shouted|called]|shouted SPEAKER|called SPEAKER|called SPEAKER [loudly|in a loud voice]
PREFIXasked = asked SPEAKER|SPEAKER asked|asked SPEAKER [softly|kindly|gently]|SPEAKER wanted to know|wondered SPEAKER
"""

CHILD_MANNER = "softly|quietly|slowly|after a while|in a clear voice|with a nod"
GROWN_MANNER = (
    "softly|gently|kindly|with a smile|with a nod|in a kind voice|in a warm voice|after a while|in a deep voice"
)
SPEAKERS = {
    "h": ("{hero}", "{his}", CHILD_MANNER),
    "f": ("{friend}", "{fhis}", CHILD_MANNER),
    "m": ("[{his} {parent}|{hero}'s {parent}]", "{mhis}", GROWN_MANNER),
    "e": ("{elder}", "{ehis}", GROWN_MANNER),
}

COMMON = """
young = little|little|young
named = named|named|called
color = red|blue|green|yellow|purple|orange|pink|white|brown|silver|golden|gray
pretty = pretty|lovely|bright|shiny|beautiful|fine|neat
happy = happy|glad|pleased|cheerful|delighted|joyful|very happy|so happy|full of joy
sad = sad|unhappy|gloomy|upset|very sad|so sad
scared = scared|afraid|frightened|nervous|worried|very scared
tired = tired|sleepy|worn out|very tired
good = good|great|clever|bright|new|fine|wonderful
number = two|three|four|five|six|seven
fruit = apples|pears|plums|cherries|berries|grapes|peaches|oranges
flower = rose|daisy|tulip|sunflower|lily|poppy|violet
flowers = roses|daisies|tulips|sunflowers|poppies|violets|bluebells
bug = beetle|snail|butterfly|bee|ladybug|caterpillar|grasshopper|dragonfly|spider
bugs = beetles|snails|butterflies|bees|ladybugs|ants|grasshoppers|dragonflies
bird = robin|crow|dove|swan|sparrow|blue jay|owl|woodpecker
treat = apple pie|plum cake|warm bread with honey|berry pie|oat cookies|pear tart|nut bread|pumpkin soup
| toast with jam|carrot cake|ginger cookies|sweet buns|cherry pie|corn soup
happy_thing = a bird in spring|a bee in a garden|a fish in a pond|a king in a castle|a kitten with a ball of wool
| a duck in the rain|a puppy with a bone|a bear with honey|a frog in a puddle|a mouse with cheese|a lark in the sky
heavy_thing = a stone|a bag of rocks|wet sand|a big log|an iron pot|a wet coat
soft_thing = a cloud|a feather|fresh snow|new grass|a kitten|warm bread|wool
quick_thing = the wind|a rabbit|an arrow|a bird|lightning|a deer|a hare
slow_thing = a snail|a turtle|a sleepy cow|cold honey
quiet_thing = a mouse|a cat|falling snow|a leaf in the wind|a shadow|a sleeping baby

who = Once upon a time[,|] there was a {trait} <young> {kind} <named> {hero}.[ {He} lived {town}.|]
| Once upon a time[,|] there lived a {trait} {kind} <named> {hero} {town}.
| Once upon a time[,|] a <young> {kind} <named> {hero} lived {town} with {his} {parent}.
| Once upon a time, {town}, there [lived|was] a {trait} <young> {kind} <named> {hero}.
| Once upon a time[,|] there was a <young> {kind} <named> {hero} who lived {town}.
| Once upon a time[,|] a <young> {kind} <named> {hero} lived in {home} {town}.
| {Hero} was a {trait} <young> {kind} who lived {town}.
| {Hero} was a {trait} {kind}. {He} lived with {his} {parent} in {home} {town}.
| There once was a {trait} {kind} <named> {hero} who lived {town}.
| A {trait} <young> {kind} <named> {hero} lived in {home} {town}.
| In {home} {town} lived a {trait} {kind} <named> {hero}.
| {Town}, there [lived|was] a {trait} <young> {kind}. {His} name was {hero}.
| Long ago, a {trait} {kind} <named> {hero} [had a home|lived] {town}.
likes = {He} [liked|loved] to {hobby}, and {he} [liked|loved] to {hobby_two} too.
| Every [day|morning|afternoon|evening|Sunday], {hero} [liked to|would] {hobby}.
| {Hero} [liked|loved] to {hobby} and to {hobby_two}.
| [Most of all|On {day} days|When it was warm|After breakfast|In the evening], {hero} [liked|loved] to {hobby}.
| When the [sun|moon|day|sky] was [out|bright|clear|warm], {hero} would {hobby} [and {hobby_two}|or {hobby_two}].
| {He} could {hobby} [all day long|from morning to night|for hours|and never get <tired>|without a break].
| {He} had <looks>, and {he} [loved|liked] to {hobby}.
| Everyone [knew|liked] {hero}, [for|because] {he} had <looks>.
| {Hero} had <looks>.
| {Hero} was [good|quick|clever] at many things: {he} could {hobby}, and {he} could {hobby_two}.
| When {hero} did not {hobby}, {he} would {hobby_two}.
| Nobody could {hobby} [like|as well as] {hero}.
open = <who> <likes>|<who> <likes>|<who>
oneday = one {day} {time}|on a {day} {time}|one {day} {time}|one {time}
someday = one [fine|lovely|warm|quiet|bright|cool] [day|morning|evening|afternoon]|a few [days|weeks] later|early one morning|late one evening
later = later that day|after a while|a little later|soon after that|before long|not long after

sky = The sun was [warm|bright|high|golden] and the [air|grass|wind] smelled of [flowers|summer|honey|pine|rain and leaves|mint].
| There was not a cloud in the [blue|wide|bright] sky, and the [birds|bees|crickets] were [singing|busy|awake].
| A [soft|light|warm|cool|gentle] wind [played with|moved|shook|rustled] the [leaves|grass|flowers|branches].
| [White|Small|Soft|Fluffy] clouds [sailed|drifted|floated] over the [hills|fields|trees|rooftops] like [sheep|little ships|lumps of cream|pillows].
| The <bird> sang in the [tree|bush|hedge] and the [grass|path|hill] was [dry|green|bright|warm].
rain = The rain [fell|came down|poured] on the [roof|windows|leaves|garden|road] [all day|without a stop|in big drops|like little drums].
| Big [gray|dark|black] clouds [hung|sat|rolled] over the [hills|fields|trees|rooftops], and the [wind|rain] [sang|blew|howled] in the [trees|chimney|grass].
| The sky was [gray|dark], and the [drops|rain] went [pit-pat|tap, tap, tap|drip, drop] on the [roof|window|leaves].

hglad = {Hero} [was|felt] <happy>.|{Hero} [felt|was] as happy as <happy_thing>.
| {Hero} [smiled|grinned|laughed] and [clapped|jumped for joy|danced in a circle|hopped up and down|spun around].
| A [warm|soft|happy|bright] feeling [filled|spread through|grew in] {hero}'s [heart|chest|tummy].
| {Hero} [hummed|sang] a [little|happy|merry|silly] song.
| {Hero}'s [eyes|face] shone like [stars|the sun|a lamp|two stars|the moon|a new coin].
| {He} [jumped|hopped|danced|skipped] [with joy|up and down|in a circle|on the spot] and [laughed|cheered|sang|giggled].
hsad = {Hero} felt <sad>.|A [big|small|hot|slow] tear [rolled|ran|slid] down {hero}'s [cheek|nose|face].
| {Hero} [sat down|stood still|looked at the ground] and [sighed|began to cry|felt <sad>|did not say a word].
| {Hero}'s heart felt as heavy as <heavy_thing>.|{Hero} [hung|lowered] {his} head and [sighed|sniffed|wiped {his} eyes|felt like crying].
| {His} eyes [were full of|filled with] tears.|{Hero} was <sad>, and {his} [lip|chin|voice] [shook|trembled].
hscared = {Hero} was <scared>.|{Hero}'s heart [beat|thumped|pounded] like a [drum|hammer|little clock|bird's wings].
| {Hero} [shook|trembled|shivered] like a [leaf|jelly|wet kitten|blade of grass].
| {Hero}'s [legs|knees|hands] felt [weak|cold|as soft as butter|like jelly].|{Hero} [held|caught] {his} breath.
idea = Then {hero} had a <good> idea.|Suddenly, {hero} [had|got] a <good> idea.|{Hero} thought [hard|for a while|and thought]. Then {he} had a <good> idea.
| {Hero} [scratched|rubbed|tapped] {his} [head|chin|nose] and thought. [At last|Soon|Then] {he} [knew what to do|had a plan].
| All at once, {hero} knew what to do.|A <good> idea [popped|jumped|came] into {hero}'s head.
try_hard = {He} tried [once|again], and [twice|again], and [three times|then once more].|{Hero} tried with all {his} [might|strength].
| {Hero} tried [and tried|again and again|as hard as {he} could|until {he} was <tired>].
hug = {He} [gave|threw] {mhim} a [big|warm|long|tight] hug.|{Hero} hugged {mhim} [tightly|with both arms|for a long time].
hurry = [ran|hurried|raced|dashed] [as fast as {he} could|as quick as <quick_thing>|without stopping|like <quick_thing>]
fthanks = "Thank you, {hero}," <fhappy>. "You are [the best friend|a true friend|so kind|a good friend|very kind]."
| "Oh, thank you, {hero}!" <fhappy>.|"You are [so|very] kind, {hero}," <fsaid>. "[Thank you|I will never forget it|I am glad you are here]."
| {Friend} [gave|threw] {hero} a [big|warm|tight|long] hug. "Thank you," <fsaid>.
hthanks = "Thank you, {friend}," <hhappy>. "[I could not have done it alone|You are a true friend|What would I do without you|You are so kind]."
| "Oh, thank you, {friend}!" <hhappy>.|{Hero} [gave|threw] {friend} a [big|warm|tight|long] hug. "Thank you," <hsaid>.
surname = Brown|Green|Hill|Bell|Field|Stone|Cook|Lake|Gray|Young|Park|West|Wood
snack = [shared|ate|had] <treat>[| and <treat>| and <fruit>]

lesson_line = {Hero} [learned|had learned|now knew|understood|found out|saw] that {lesson}.
| From that day on, {hero} [always remembered|never forgot|knew] that {lesson}.
| That day, {hero} learned that {lesson}.
| "Now I know that {lesson}," <hsaid>.
| And {hero} never forgot that {lesson}.
| "[You see|You know|Believe me], {lesson}," {hero} [told|said to] {his} [pillow|cousin|aunt|neighbors|friends|uncle].
| All the way [home|back], {hero} thought about it: {lesson}.
| {Hero} [smiled|nodded] to {himself}. {He} knew now that {lesson}.
night_line = That night, {hero} [fell asleep|went to bed|slept] [with a smile|happy and warm|under a <color> blanket|like a stone|early] and [dreamed of|dreamed about|thought of] {topic}.
| When the [moon|first star|evening star|lamp] [came up|came out|went out|shone in], {hero} [was fast asleep|was still smiling|closed {his} eyes|hugged {his} pillow] and [dreamed|thought] of {topic}.
| {Hero} [talked|sang|thought|laughed] about {topic} [all the way home|until bedtime|for many days|all week|until the stars came out|again and again].
| It had been a [long|good|wonderful|lovely|busy|strange|golden] day, and {hero} [would|could] [never|not] forget {topic}.
| At bedtime, {hero} [yawned|smiled|stretched] and [told|said to] {his} [pillow|blanket|toes|lamp], "What a [good|lovely|wonderful|happy|fine|full] day!"
| And [every night|all that week|for a long time|on many quiet evenings], {hero} [dreamed|thought] of {topic}.
| [Outside|Far away|In the dark], [an owl|the wind|a cricket|the rain|a frog] [sang|called|hummed], and {hero} [smiled|dreamed|fell asleep|felt warm and safe].
| {Hero} told {his} [cousin|aunt|uncle|neighbors] all about {topic}, [twice|with big eyes|with many words|from start to finish].
end = <lesson_line>|<lesson_line>|<lesson_line> <night_line>|<night_line>|<night_line>|<lesson_line> The end.||The end.
"""

TOWN = """
town = [in|near] a [small|quiet|busy|sunny|windy|little|friendly] [town|village] [by the sea|by a river|near the hills|in the mountains|full of trees
| with many bridges|beside a lake|with a tall clock tower|at the edge of a forest|with a big market|by a long beach|on an island]
| [on|near] a [small|big|sunny|old|windy|quiet] farm [near the hills|by a river|with a red barn|full of animals|behind the woods|far from the city]
| [on|at the end of] a [quiet|busy|narrow|crooked|long|sunny] street [full of trees|near the harbor|behind the school|by the park|in a big city|with yellow lamps]
home = a [small|tall|cozy|old|little|bright|narrow|neat] [blue|red|yellow|white|brick|wooden|stone|green] house[| with a <color> [door|roof|fence|gate]| full of [books|flowers|cats|music]]
animals = whales|horses|dragons|lions|owls|foxes|bears|frogs|penguins|elephants|turtles|rabbits|dinosaurs|monkeys
finds = stones|shells|leaves|feathers|buttons|stamps|coins|bottle caps|pine cones|marbles
fine = small|shiny|round|smooth|tiny|pretty|odd|rare|old|bright
hobby = [paint|draw] [big|funny|bright|tiny] <animals>|build [tall|crooked|long|round] [towers|castles|bridges|walls] [of sand|of blocks|from boxes]|climb [trees|walls|ropes|ladders]
| read [books|stories] about <animals>|dance in the [kitchen|rain|yard|hall]|collect <fine> <finds>|look for <bugs> in the [grass|garden|park|hedge]
| sing [silly|soft|loud|sad] songs [in the bath|on the stairs|to the cat|about <animals>]|blow [big|tiny|rainbow] bubbles|bake [cookies|buns|bread|pies]
| count the [stars|cars|birds|clouds|boats]|run [in the grass|through the leaves|along the beach|down the hill]|jump [in puddles|over ropes|from step to step]
| watch the [trains|ships|planes|trucks|clouds] go by|feed the [ducks|hens|swans|birds|cats]|fold paper [boats|birds|planes|hats]
hobby_two = tell [funny|scary|long|tall] stories|play [hide and seek|the drum|the flute|with toy cars|chess|pirates]|dig [in the sand|for worms|deep holes]
| ask [hard|funny|clever|a hundred] questions|talk to <animals> in dreams|skip rope|listen to [the radio|the rain|old songs|the birds]|swing very high
| make [mud pies|paper masks|daisy chains|puppets]|ride a [scooter|bike|pony|sled]|wear [silly|big|<color>] [hats|socks|boots]
| kick a <color> ball|catch falling leaves|help in the [garden|kitchen|shop|barn]|look at [maps|old coins|picture books|the moon]
looks = [curly|short|long|wild|straight|messy] [brown|black|red|dark|fair|golden] hair and [a big smile|bright eyes|rosy cheeks|a loud laugh|muddy boots|<number> freckles|a small nose]
| a [loud|happy|funny|merry|warm] [laugh|voice|smile] and [a kind heart|quick feet|lots of ideas|a hundred questions|a brave heart]
| a <color> [cap|coat|hat|bag|sweater|umbrella] and [muddy boots|a big smile|bright eyes|long legs|a happy laugh]
place = the park|the garden|the playground|the beach|the schoolyard|the field|the lake|the village green|the town square|the riverbank
walk_sight = On the way, {he} [saw|passed|counted] <number> [red buses|gray pigeons|white ducks|brown dogs|tall trees|little shops|black cats] and a [man|woman|boy|girl] with a <color> [hat|bag|bike|umbrella|balloon].
| {He} passed the [bakery|school|post office|library|toy shop|fish shop|fire station], [where it smelled of [bread|paint|fish|sugar]|where a [cat|dog] slept|where a bell rang].
| Along the way, {he} waved to the [mailman|baker|bus driver|gardener|farmer|milkman] and [jumped over|walked around|splashed in] a [puddle|crack|pile of leaves].
afriend = {his} [friend|best friend|good friend|neighbor|cousin] {friend}|{his} [friend|best friend] {friend}
meetplace = at school|in the park|on the playground|next door|by the fountain|near the gate
"""

WOODS = """
town = [in|near|at the edge of] a [green|quiet|deep|sunny|mossy|dark|wide] [forest|wood|valley|meadow] [full of birds|near a wide river|behind the hills
| by a clear stream|at the foot of a mountain|full of <flowers>|with tall pines|where [bees|crickets] [hummed|sang]|by a blue lake|far from the road]
| under [an old|a tall|a crooked|a huge] [oak|pine|willow|beech] [by the stream|on a hill|near the pond|at the edge of the woods|in a meadow]
home = a [cozy|small|snug|warm|round|neat|mossy|crooked] [den|hut|hole|cave|log house|stone house|burrow][| with a <color> door| full of [leaves|feathers|pebbles|nuts]| made of [sticks|stones|clay]]
fine = small|shiny|round|smooth|tiny|pretty|odd|old|bright|soft
finds = stones|shells|leaves|feathers|pine cones|acorns|sticks|seeds|snail shells
hobby = roll down the [hill|path|dunes]|splash in the [stream|pond|mud|puddles]|chase [<bugs>|falling leaves|the clouds|shadows]|nap [in the sun|under a fern|on warm stones|in the hay]
| sing to the [moon|frogs|flowers|fish|stars]|gather [berries|nuts|roots|seeds|mushrooms|herbs]|watch the [clouds|<bugs>|fish|snow|birds]|jump over [logs|stones|puddles|thorns]
| hide in the [tall grass|ferns|hollow trees|leaves]|listen to the [birds|wind|rain|crickets|frogs]|smell the <flowers>|collect <fine> <finds>|race the [wind|<bugs>|stream|swallows]
hobby_two = look at the [stars|moon|rainbow|waterfall]|dance in the [rain|leaves|moonlight|clearing]|dig for [roots|worms|stones|treasure]|paddle in the [pond|stream|lake]
| tell [jokes|stories|secrets|riddles] to the [frogs|owls|trees|snails]|count the [ladybugs|stars|pine cones|ants]|make crowns of [<flowers>|leaves|grass]
| play tag with the [wind|squirrels|butterflies|waves]|hum old songs|explore dark [caves|tunnels|hollows]|drum on [hollow logs|old pots|flat stones]
| build [dams|huts|towers|nests] of [sticks|mud|stones|leaves]|slide [in the mud|on the ice|down wet rocks]
looks = [bright|big|shiny|dark|gentle|green] eyes and a [loud|soft|kind|happy|brave|merry|quick] [laugh|voice|heart]
| [quick|small|big|muddy|strong] feet and a [merry laugh|kind heart|curious nose|happy song|loud voice]|a <color> [scarf|hat|vest|coat] and [a big smile|bright eyes|a curious nose|a kind heart|many friends]
place = the meadow|the pond|the clearing|the riverbank|the old bridge|the berry bushes|the hill|the waterfall|the big rock|the hollow tree
walk_sight = On the way, {he} [saw|passed|counted] <number> <bugs> and a <color> [<bird>|mushroom|butterfly|leaf].
| {He} [hopped over|walked around|climbed over|ran past] a [fallen log|mossy stone|muddy puddle|sleepy toad|pile of leaves] and [ducked under|ran past|stopped by] a [thorny bush|low branch|tall fern|spider's web].
| Along the way, {he} said hello to a [sleepy|busy|merry|shy|polite] <bug> and a [proud|quiet|noisy|friendly|grumpy] <bird>.
afriend = {friend} the {fkind}|{his} [friend|best friend|good friend|neighbor] {friend} the {fkind}|{his} friend {friend} the {fkind}
meetplace = by the pond|in the meadow|under the old oak|on the path|near the stream|by the berry bushes
"""

DAYS = {
    "fine": "sunny warm bright clear lovely fine cool breezy quiet golden".split(),
    "any": "sunny warm bright cloudy lovely fine cool windy quiet gray".split(),
    "rain": "rainy wet gray stormy dark".split(),
    "snow": "snowy cold white frosty icy".split(),
}
TIMES = (
    "morning",
    "afternoon",
    "day",
    "morning after breakfast",
    "afternoon after lunch",
    "Monday morning",
    "Tuesday afternoon",
    "Friday morning",
    "Saturday morning",
    "Saturday afternoon",
    "Sunday morning",
)
TRAITS = """kind brave curious cheerful quiet clever gentle happy friendly busy lively polite shy funny merry careful
helpful playful smart sweet stubborn proud noisy thoughtful""".split()

# Slots that are drawn once for a story from a rule of its world.
FIXED = ("town", "home", "place", "hobby", "hobby_two")

# Where a script says the one, a telling may say the other (patterns of `re`, replaced before a script is compiled).
# A name in place of a pronoun keeps it clear who is who.
WORDINGS = {
    r"\{He\} ": "[{He}|{He}|{Hero}] ",
    r"\{Fhe\} ": "[{Fhe}|{Friend}] ",
    r"\{His\} \{parent\}": "[{His} {parent}|{Hero}'s {parent}]",
    r'" \{he\} (said|cried|asked|shouted|called|whispered)\b(?! \{)': r'" [{he} \1|{he} \1|\1 {hero}]',
    r'" \{fhe\} (said|cried|asked|shouted|called|whispered)\b(?! \{)': r'" [{fhe} \1|{fhe} \1|\1 {friend}]',
    r'" \{mhe\} (said|asked)\b(?! \{)': r'" [{mhe} \1|\1 {his} {parent}]',
    r'" \{ehe\} (said|asked)\b(?! \{)': r'" [{ehe} \1|\1 {elder}]',
    r"\bThen (?=\{|a )": "[Then|Then|Soon|After that] ",
    r"\bSo (?=\{he|they )": "[So|So|And so] ",
    r"\bAt last\b": "[At last|Finally]",
    r"\bThe next day\b": "[The next day|The day after]",
    r"\bthe next day\b": "[the next day|the day after]",
    r"\beveryone\b": "[everyone|everybody]",
    r"\bEveryone\b": "[Everyone|Everybody]",
    r"\bnobody\b": "[nobody|no one]",
    r"\bNobody\b": "[Nobody|No one]",
    r"\bbegan to\b": "[began|started] to",
    r"(?<![Aa]ll )\bat once\b": "[at once|right away]",
    r"\bcame back\b": "[came back|returned]",
    r"\blooked at\b": "[looked at|looked at|gazed at]",
    r"\bsmiled\b": "[smiled|smiled|grinned]",
    r"\blaughed\b": "[laughed|laughed|giggled]",
    r"\bvery (?!first|last)": "[very|really] ",
    r"\bfor a long time\b": "for [a long time|a long while|quite a while]",
    r"\beach other\b": "[each other|one another]",
    r"\ba lot of\b": "[a lot of|lots of|plenty of]",
    r"\bI am sorry\b": "I am [sorry|so sorry|very sorry]",
    r"(?<=\{he\} )ran\b|(?<=\{hero\} )ran\b|(?<=\{Hero\} )ran\b|(?<=[Tt]hey )ran\b": "[ran|ran|raced|hurried]",
}
