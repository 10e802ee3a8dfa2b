/**
 * Emoji by group, one a line: the emoji, its English name and words to find
 * it by. Names and words: Unicode CLDR.
 */
const source = [
  `😀 grinning face,cheerful,cheery,happy,laugh
😃 grinning face with big eyes,awesome,happy,mouth,open
😄 grinning face with smiling eyes,happy,laugh,lol,mouth
😁 beaming face with smiling eyes,grin,grinning,happy,nice
😆 grinning squinting face,closed,eyes,haha,hahaha
😅 grinning face with sweat,cold,dejected,excited,mouth
🤣 rolling on the floor laughing,crying,face,funny,haha
😂 face with tears of joy,crying,feels,funny,haha
🙂 slightly smiling face,happy,smile
🙃 upside-down face,hehe,smile
😉 winking face,flirt,heartbreaker,sexy,slide
😊 smiling face with smiling eyes,blush,glad,satisfied,smile
😇 smiling face with halo,angel,angelic,angels,blessed
🥰 smiling face with hearts,adore,crush,ily,love
😍 smiling face with heart-eyes,143,bae,feels,hearts
🤩 star-struck,excited,eyes,face,grinning
😘 face blowing a kiss,adorbs,bae,flirt,heart
😗 kissing face,143,date,dating,flirt
☺️ smiling face,happy,outlined,relaxed,smile
😚 kissing face with closed eyes,143,bae,blush,date
😙 kissing face with smiling eyes,143,closed,date,dating
🥲 smiling face with tear,glad,grateful,happy,joy
😋 face savoring food,delicious,eat,full,hungry
😛 face with tongue,awesome,cool,nice,party
😜 winking face with tongue,crazy,epic,eye,funny
🤪 zany face,crazy,eye,eyes,goofy
😝 squinting face with tongue,closed,eye,eyes,gross
🤑 money-mouth face,paid
🤗 smiling face with open hands,hug,hugging
🤭 face with hand over mouth,giggle,giggling,oops,realization
🤫 shushing face,quiet,shh
🤔 thinking face,chin,consider,hmm,ponder
🤐 zipper-mouth face,keep,quiet,secret,shut
🤨 face with raised eyebrow,disapproval,disbelief,distrust,emoji
😐️ neutral face,awkward,blank,deadpan,expressionless
😑 expressionless face,awkward,dead,fine,inexpressive
😶 face without mouth,awkward,blank,expressionless,mouthless
😏 smirking face,boss,dapper,flirt,homie
😒 unamused face,...,bored,fine,jealous
🙄 face with rolling eyes,eyeroll,shade,ugh,whatever
😬 grimacing face,awk,awkward,dentist,grimace
🤥 lying face,liar,lie,pinocchio
😌 relieved face,calm,peace,relief,zen
😔 pensive face,awful,bored,dejected,died
😪 sleepy face,crying,good,night,sad
🤤 drooling face
😴 sleeping face,bed,bedtime,good,goodnight
😷 face with medical mask,cold,dentist,dermatologist,doctor
🤒 face with thermometer,ill,sick
🤕 face with head-bandage,hurt,injury,ouch
🤢 nauseated face,gross,nasty,sick,vomit
🤮 face vomiting,barf,gross,puke,sick
🤧 sneezing face,fever,flu,gesundheit,sick
🥵 hot face,dying,feverish,heat,panting
🥶 cold face,blue,blue-faced,freezing,frostbite
🥴 woozy face,dizzy,drunk,eyes,intoxicated
😵 face with crossed-out eyes,dead,dizzy,feels,knocked
🤯 exploding head,blown,explode,mind,mindblown
🤠 cowboy hat face,cowgirl
🥳 partying face,bday,birthday,celebrate,celebration
🥸 disguised face,eyebrow,glasses,incognito,moustache
😎 smiling face with sunglasses,awesome,beach,bright,bro
🤓 nerd face,brainy,clever,expert,geek
🧐 face with monocle,classy,fancy,rich,stuffy
😕 confused face,befuddled,confusing,dunno,frown
😟 worried face,anxious,butterflies,nerves,nervous
🙁 slightly frowning face,sad
☹️ frowning face,sad
😮 face with open mouth,believe,forgot,omg,shocked
😯 hushed face,epic,omg,stunned,surprised
😲 astonished face,cost,omg,shocked,totally
😳 flushed face,amazed,awkward,crazy,dazed
🥺 pleading face,begging,big,eyes,mercy
😦 frowning face with open mouth,caught,guard,scared,scary
😧 anguished face,forgot,scared,scary,stressed
😨 fearful face,afraid,anxious,blame,scared
😰 anxious face with sweat,blue,cold,eek,mouth
😥 sad but relieved face,anxious,call,close,complicated
😢 crying face,awful,feels,miss,sad
😭 loudly crying face,bawling,sad,sob,tear
😱 face screaming in fear,epic,fearful,munch,scared
😖 confounded face,annoyed,confused,cringe,distraught
😣 persevering face,concentrate,concentration,focus,headache
😞 disappointed face,awful,blame,dejected,fail
😓 downcast face with sweat,close,cold,feels,headache
😩 weary face,crying,fail,feels,hungry
😫 tired face,cost,feels,nap,sad
🥱 yawning face,bedtime,bored,goodnight,nap
😤 face with steam from nose,anger,angry,feels,fume
😡 enraged face,anger,angry,feels,mad
😠 angry face,anger,blame,feels,frustrated
🤬 face with symbols on mouth,censor,cursing,cussing,mad
😈 smiling face with horns,demon,devil,evil,fairy
👿 angry face with horns,demon,devil,evil,fairy
💀 skull,body,dead,death,face
☠️ skull and crossbones,dead,death,face,monster
💩 pile of poo,comic,doo,dung,face
🤡 clown face
👹 ogre,creature,devil,face,fairy
👺 goblin,angry,creature,face,fairy
👻 ghost,boo,creature,excited,face
👽️ alien,creature,extraterrestrial,face,fairy
👾 alien monster,creature,extraterrestrial,face,fairy
🤖 robot,face,monster
😺 grinning cat,animal,face,mouth,open`,
  `👋 waving hand,bye,cya,g2g,greetings
🤚 raised back of hand,backhand
🖐️ hand with fingers splayed,raised,stop
✋️ raised hand,five,high,stop
🖖 vulcan salute,finger,hand,hands
👌 ok hand,awesome,bet,dope,fleek
🤌 pinched fingers,gesture,hand,hold,huh
🤏 pinching hand,amount,bit,fingers,little
✌️ victory hand,peace
🤞 crossed fingers,hand,luck
🤟 love-you gesture,fingers,hand,ily,three
🤘 sign of the horns,finger,hand,rock-on
🤙 call me hand,hang,loose,shaka
👈️ backhand index pointing left,finger
👉️ backhand index pointing right,finger
👆️ backhand index pointing up,finger
👇️ backhand index pointing down,finger
☝️ index pointing up,finger,hand,this
👍️ thumbs up,good,hand,like,yes
👎️ thumbs down,bad,dislike,good,hand
✊️ raised fist,clenched,hand,punch,solidarity
👊 oncoming fist,absolutely,agree,boom,bro
🤛 left-facing fist,leftwards
🤜 right-facing fist,rightwards
👏 clapping hands,applause,approval,awesome,congrats
🙌 raising hands,celebration,gesture,hooray,praise
👐 open hands,hug,jazz,swerve
🤲 palms up together,cupped,dua,hands,pray
🤝 handshake,agreement,deal,meeting
🙏 folded hands,appreciate,ask,beg,blessed
✍️ writing hand,write
💅 nail polish,bored,care,cosmetics,done
🤳 selfie,camera,phone
💪 flexed biceps,arm,beast,bench,bodybuilder
🦾 mechanical arm,accessibility,prosthetic
🦿 mechanical leg,accessibility,prosthetic
🦵 leg,bent,foot,kick,knee
🦶 foot,ankle,feet,kick,stomp
👂️ ear,body,ears,hear,hearing
🦻 ear with hearing aid,accessibility,hard
👃 nose,body,noses,nosey,odor
🧠 brain,intelligent,smart
🫀 anatomical heart,beat,cardiology,heartbeat,organ
🫁 lungs,breath,breathe,exhalation,inhalation
🦷 tooth,dentist,pearly,teeth,white
🦴 bone,bones,dog,skeleton,wishbone
👀 eyes,body,face,googly,look
👁️ eye,body,one`,
  `🐵 monkey face,animal,banana
🐒 monkey,animal,banana
🦍 gorilla,animal
🦧 orangutan,animal,ape,monkey
🐶 dog face,adorbs,animal,pet,puppies
🐕️ dog,animal,animals,dogs,pet
🦮 guide dog,accessibility,animal,blind
🐩 poodle,animal,dog,fluffy
🐺 wolf,animal,face
🦊 fox,animal,face
🦝 raccoon,animal,curious,sly
🐱 cat face,animal,kitten,kitty,pet
🐈️ cat,animal,animals,cats,kitten
🦁 lion,alpha,animal,face,leo
🐯 tiger face,animal,big,cat,predator
🐅 tiger,animal,big,cat,predator
🐆 leopard,animal,big,cat,predator
🐴 horse face,animal,dressage,equine,farm
🐎 horse,animal,equestrian,farm,racehorse
🦄 unicorn,face
🦓 zebra,animal,stripe
🦌 deer,animal
🦬 bison,animal,buffalo,herd,wisent
🐂 ox,animal,animals,bull,farm
🐃 water buffalo,animal,zoo
🐄 cow,animal,animals,farm,milk
🐷 pig face,animal,bacon,farm,pork
🐖 pig,animal,bacon,farm,pork
🐗 boar,animal,pig
🐽 pig nose,animal,face,farm,smell
🐏 ram,animal,aries,horns,male
🐑 ewe,animal,baa,farm,female
🐐 goat,animal,capricorn,farm,milk
🐪 camel,animal,desert,dromedary,hump
🐫 two-hump camel,animal,bactrian,desert
🦙 llama,alpaca,animal,guanaco,vicuña
🦒 giraffe,animal,spots
🐘 elephant,animal
🦣 mammoth,animal,extinction,large,tusk
🦏 rhinoceros,animal
🦛 hippopotamus,animal
🐭 mouse face,animal
🐁 mouse,animal,animals
🐀 rat,animal
🐹 hamster,animal,face,pet
🐰 rabbit face,animal,bunny,pet
🐇 rabbit,animal,bunny,pet
🐿️ chipmunk,animal,squirrel
🦫 beaver,animal,dam,teeth
🦔 hedgehog,animal,spiny
🦇 bat,animal,vampire
🐻 bear,animal,face,grizzly,growl
🐨 koala,animal,australia,bear,down
🐼 panda,animal,bamboo,face
🦥 sloth,lazy,slow
🦦 otter,animal,fishing,playful
🦨 skunk,animal,stink
🦘 kangaroo,animal,joey,jump,marsupial
🦡 badger,animal,honey,pester
🐾 paw prints,feet,paws`,
  `🍇 grapes,dionysus,fruit
🍈 melon,cantaloupe,fruit
🍉 watermelon,fruit
🍊 tangerine,citrus,fruit,nectarine,orange
🍋 lemon,citrus,fruit,sour
🍌 banana,fruit,potassium
🍍 pineapple,colada,fruit,pina,tropical
🥭 mango,food,fruit,tropical
🍎 red apple,diet,food,fruit,health
🍏 green apple,fruit
🍐 pear,fruit
🍑 peach,fruit
🍒 cherries,berries,cherry,fruit,red
🍓 strawberry,fruit
🫐 blueberries,berry,bilberry,blueberry,food
🥝 kiwi fruit,food
🍅 tomato,food,fruit,vegetable
🫒 olive,food
🥥 coconut,colada,palm,piña
🥑 avocado,food,fruit
🍆 eggplant,aubergine,vegetable
🥔 potato,food,vegetable
🥕 carrot,food,vegetable
🌽 ear of corn,crops,farm,maize,maze
🌶️ hot pepper
🫑 bell pepper,capsicum,food,vegetable
🥒 cucumber,food,pickle,vegetable
🥬 leafy green,bok,burgers,cabbage,choy
🥦 broccoli,cabbage,wild
🧄 garlic,flavoring
🧅 onion,flavoring
🥜 peanuts,food,vegetable
🌰 chestnut,almond,plant
🍞 bread,carbs,food,grain,loaf
🥐 croissant,bread,breakfast,crescent,food
🥖 baguette bread,food,french
🫓 flatbread,arepa,food,gordita,lavash
🥨 pretzel,convoluted,twisted
🥯 bagel,bakery,bread,breakfast,schmear
🥞 pancakes,breakfast,crêpe,food,hotcake
🧇 waffle,breakfast,indecisive,iron
🧀 cheese wedge
🍖 meat on bone
🍗 poultry leg,bone,chicken,drumstick,hungry
🥩 cut of meat,chop,lambchop,porkchop,red
🥓 bacon,breakfast,food,meat
🍔 hamburger,eat,fast,food,hungry
🍟 french fries,fast,food
🍕 pizza,cheese,food,hungry,pepperoni
🌭 hot dog,frankfurter,hotdog,sausage
🥪 sandwich,bread
🌮 taco,mexican
🌯 burrito,mexican,wrap
🫔 tamale,food,mexican,pamonha,wrapped
🥙 stuffed flatbread,falafel,food,gyro,kebab
🧆 falafel,chickpea,meatball
🥚 egg,breakfast,food
🍳 cooking,breakfast,easy,egg,fry
🥘 shallow pan of food,casserole,paella
🍲 pot of food,soup,stew`,
  `🎃 jack-o-lantern,celebration,halloween,pumpkin
🎄 christmas tree,celebration
🎆 fireworks,boom,celebration,entertainment,yolo
🎇 sparkler,boom,celebration,fireworks
🧨 firecracker,dynamite,explosive,fireworks,light
✨️ sparkles,magic,star
🎈 balloon,birthday,celebrate,celebration
🎉 party popper,awesome,birthday,celebrate,celebration
🎊 confetti ball,celebrate,celebration,party,woohoo
🎋 tanabata tree,banner,celebration,japanese
🎍 pine decoration,bamboo,celebration,japanese,plant
🎏 carp streamer,celebration
🎐 wind chime,bell,celebration
🎑 moon viewing ceremony,celebration
🧧 red envelope,gift,good,hóngbāo,lai
🎀 ribbon,celebration
🎁 wrapped gift,birthday,bow,box,celebration
🎗️ reminder ribbon,celebration
🎟️ admission tickets
🎫 ticket,admission,stub
🎖️ military medal,award,celebration
🏆️ trophy,champion,champs,prize,slay
🏅 sports medal,award,gold,winner
🥇 1st place medal,first,gold
🥈 2nd place medal,second,silver
🥉 3rd place medal,bronze,third
⚽️ soccer ball,football,futbol,sport
⚾️ baseball,sport
🥎 softball,glove,sports,underarm
🏀 basketball,hoop,sport
🏐 volleyball,game
🏈 american football,bowl,sport,super
🏉 rugby football,sport
🎾 tennis,ball,racquet,sport
🥏 flying disc,ultimate
🎳 bowling,ball,game,sport,strike`,
  `🌍️ globe showing europe-africa,earth,world
🌏️ globe showing asia-australia,earth,world
🗺️ world map
🏔️ snow-capped mountain,cold
🌋 volcano,eruption,mountain,nature
🏕️ camping
🏜️ desert
🏞️ national park
🏛️ classical building
🧱 brick,bricks,clay,mortar,wall
🪵 wood,log,lumber,timber
🏘️ houses
🏠️ house,building,country,heart,home
🏢 office building,city,cubical,job
🏥 hospital,building,doctor,medicine
🏨 hotel,building
🏪 convenience store,building,hours
🏬 department store,building
🏰 castle,building,european
🗼 tokyo tower
⛪️ church,bless,chapel,christian,cross
🛕 hindu temple
⛩️ shinto shrine,religion
⛲️ fountain
🌁 foggy
🏙️ cityscape
🌅 sunrise,morning,nature
🌇 sunset,building,dusk
♨️ hot springs,hotsprings,steaming
🎡 ferris wheel,amusement,park,theme
💈 barber pole,cut,fresh,haircut,shave
🚂 locomotive,caboose,engine,railway,steam
🚄 high-speed train,railway,shinkansen
🚆 train,arrived,choo,railway
🚈 light rail,arrived,monorail,railway
🚊 tram,trolleybus
🚞 mountain railway,car,trip
🚌 bus,school,vehicle
🚎 trolleybus,tram
🚑️ ambulance,emergency,vehicle
🚓 police car,5–0,cops,patrol
🚕 taxi,cab,cabbie,car,drive
🚗 automobile,car,driving,vehicle
🚙 sport utility vehicle,car,drive,recreational,sportutility
🚚 delivery truck,car,drive,vehicle
🚜 tractor,vehicle
🏍️ motorcycle,racing
🦽 manual wheelchair,accessibility
🛺 auto rickshaw,tuk
🛴 kick scooter
🛼 roller skate,blades,skates,sport
🛣️ motorway,highway,road
🛢️ oil drum
🚨 police car light,alarm,alert,beacon,emergency
🚦 vertical traffic light,drove,intersection,signal,stop
🚧 construction,barrier
⛵️ sailboat,resort,sailing,sea,yacht
🚤 speedboat,billionaire,lake,luxury,millionaire
⛴️ ferry,boat,passenger
🚢 ship,boat,passenger,travel
🛩️ small airplane,aeroplane
🛬 airplane arrival,aeroplane,arrivals,arriving,landing
💺 seat,chair
🚟 suspension railway`,
  `👓️ glasses,clothing,eye,eyeglasses,eyewear
🥼 lab coat,clothes,doctor,experiment,jacket
👕 t-shirt,blue,casual,clothes,clothing
🧤 gloves,hand
👗 dress,clothes,clothing,dressed,fancy
🩱 one-piece swimsuit,bathing
👙 bikini,bathing,beach,clothing,pool
👜 handbag,clothes,clothing,dress,lady
🎒 backpack,backpacking,bag,bookbag,education
👟 running shoe,athletic,clothes,clothing,fast
👠 high-heeled shoe,clothes,clothing,dress,fashion
👢 woman’s boot,clothes,clothing,dress,shoe
🎩 top hat,clothes,clothing,fancy,formal
🪖 military helmet,army,soldier,war,warrior
💄 lipstick,cosmetics,date,makeup
🔇 muted speaker,quiet,silent,sound
🔊 speaker high volume,loud,music,sound
📯 postal horn
🎼 musical score,note
🎙️ studio microphone,music
🎤 microphone,karaoke,music,sing,sound
🎷 saxophone,instrument,music
🎸 guitar,instrument,music,strat
🪕 banjo,music,stringed
📱 mobile phone,cell,communication,telephone
📞 telephone receiver,communication,voip
🔋 battery
🖥️ desktop computer,monitor
🖱️ computer mouse
💾 floppy disk,computer
🧮 abacus,calculation,calculator
📽️ film projector,cinema,movie,video
📷️ camera,photo,selfie,snap,tbt
📼 videocassette,old,school,tape,vcr
🕯️ candle,light
🏮 red paper lantern,bar,light,restaurant
📕 closed book,education
📘 blue book,education,fantasy,library,reading
📓 notebook
📜 scroll,paper
🗞️ rolled-up newspaper
🏷️ label,tag
💴 yen banknote,bill,currency,money
💷 pound banknote,bill,billion,cash,currency
🧾 receipt,accounting,bookkeeping,evidence,invoice
📧 e-mail,email,letter
📤️ outbox tray,email,letter,mail,sent
📮 postbox,mail,mailbox
✒️ black nib,pen
🖌️ paintbrush,painting
💼 briefcase,office
🗂️ card index dividers
🗒️ spiral notepad
📈 chart increasing,data,graph,growth,right
📋️ clipboard,list,notes
📎 paperclip
📐 triangular ruler,angle,math,set,slide
🗄️ file cabinet,filing,paper
🔓️ unlocked,cracked,open
🔑 key,keys,lock,major,password
🪓 axe,chop,hatchet,split,wood
🛠️ hammer and wrench,spanner,tool
💣️ bomb,boom,comic,dangerous,explosion
🛡️ shield,weapon
🪛 screwdriver,flathead,handy,tool
🗜️ clamp,compress,tool,vice
🔗 link,links
🧰 toolbox,chest,mechanic,red
⚗️ alembic,chemistry,tool
🧬 dna,biologist,evolution,gene,genetics
📡 satellite antenna,aliens,contact,dish,science
💊 pill,doctor,drugs,medicated,medicine
🚪 door,back,closet,front
🪟 window,air,frame,fresh,opening
🪑 chair,seat,sit
🚿 shower,water
🪒 razor,sharp,shave
🧹 broom,cleaning,sweeping,witch
🪣 bucket,cask,pail,vat
🧽 sponge,absorbing,cleaning,porous,soak`,
  `🏧 atm sign,automated,bank,cash,money
🚮 litter in bin sign,litterbin
🚸 children crossing,pedestrian,traffic
⬆️ up arrow,cardinal,direction,north
↗️ up-right arrow,direction,intercardinal,northeast
➡️ right arrow,cardinal,direction,east
↘️ down-right arrow,direction,intercardinal,southeast
⬇️ down arrow,cardinal,direction,south
↙️ down-left arrow,direction,intercardinal,southwest
⬅️ left arrow,cardinal,direction,west
↖️ up-left arrow,direction,intercardinal,northwest
↕️ up-down arrow
↔️ left-right arrow
↩️ right arrow curving left
↪️ left arrow curving right
⤴️ right arrow curving up
⤵️ right arrow curving down
🔙 back arrow
🔚 end arrow
🔛 on! arrow,mark
🔜 soon arrow,brb,omw
🔝 top arrow,homie
✝️ latin cross,christ,christian,religion
☦️ orthodox cross,christian,religion
♀️ female sign,woman
♂️ male sign,man
➕️ plus
➖️ minus,heavy,math,sign
♾️ infinity,forever,unbounded,universal
‼️ double exclamation mark,bangbang,punctuation
⁉️ exclamation question mark,interrobang,punctuation
❓️ red question mark,punctuation
❔️ white question mark,outlined,punctuation
❕️ white exclamation mark,outlined,punctuation
❗️ red exclamation mark,punctuation
💲 heavy dollar sign,billion,cash,charge,currency
♻️ recycling symbol,recycle
⭕️ hollow red circle,heavy,large
☑️ check box with check,ballot,checked,done,off
✔️ check mark,checked,checkmark,done,heavy
❌️ cross mark,cancel,multiplication,multiply
〽️ part alternation mark
©️ copyright
™️ trade mark,trademark
Ⓜ️ circled m
🔴 red circle,geometric
🟠 orange circle
🟡 yellow circle
🟢 green circle
🔵 blue circle,geometric
🟣 purple circle
🟤 brown circle
⚫️ black circle,geometric
⚪️ white circle,geometric
🟥 red square,card,penalty
🟧 orange square`,
];

export interface Emoji {
  readonly emoji: string;
  readonly name: string;
  /** Everything that finds it, in lower case, each after a comma: the words of a language and the English ones. */
  readonly words: string;
}

/** All emoji by group, as the language of the words calls them; without words, in English. */
export function grouped(words?: readonly string[]): readonly (readonly Emoji[])[] {
  return source.map((group, at) => {
    const own = words?.[at]?.split('\n');
    return group.split('\n').map((line, n) => {
      const space = line.indexOf(' ');
      const all = own?.[n] ? `${own[n]},${line.slice(space + 1)}` : line.slice(space + 1);
      return { emoji: line.slice(0, space), name: all.split(',', 1)[0] ?? '', words: `,${all}` };
    });
  });
}
