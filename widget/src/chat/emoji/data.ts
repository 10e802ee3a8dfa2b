/**
 * Emoji by group, one a line: the emoji, its English name and words to find
 * it by, then the same in Russian. Names and words: Unicode CLDR.
 */
const source = [
  `😀 grinning face,cheerful,cheery,happy,laugh|широко улыбается,лицо,радость,смех,счастье
😃 grinning face with big eyes,awesome,happy,mouth,open|смеется,весело,лицо,радость,рот
😄 grinning face with smiling eyes,happy,laugh,lol,mouth|смеется с закрытыми глазами,закрытые,лицо,радость,смех
😁 beaming face with smiling eyes,grin,grinning,happy,nice|светится от счастья,весело,глаза,зубы,лицо
😆 grinning squinting face,closed,eyes,haha,hahaha|смеется с прищуренными глазами,закрытые,лол,радость,смех
😅 grinning face with sweat,cold,dejected,excited,mouth|нервно смеется,лол,нервный,облегчение,открытый
🤣 rolling on the floor laughing,crying,face,funny,haha|катается со смеху,глаза,катаюсь,плач,пол
😂 face with tears of joy,crying,feels,funny,haha|смеется до слез,глаза,лол,плач,ржака
🙂 slightly smiling face,happy,smile|слегка улыбается,легкая,лицо,радость,смайлик
🙃 upside-down face,hehe,smile|вверх тормашками,ногами,перевернутый,смайлик,улыбка
😉 winking face,flirt,heartbreaker,sexy,slide|подмигивает,глаз,договорились,ироничная,легкая
😊 smiling face with smiling eyes,blush,glad,satisfied,smile|довольно улыбается,глаза,довольный,закрытые,краснеть
😇 smiling face with halo,angel,angelic,angels,blessed|с нимбом,ангел,глаза,добрый,закрытые
🥰 smiling face with hearts,adore,crush,ily,love|улыбающееся лицо с сердечками,люблю,любовь,нежность,обожаю
😍 smiling face with heart-eyes,143,bae,feels,hearts|влюбленное лицо,без ума,вау,влюбленность,восторг
🤩 star-struck,excited,eyes,face,grinning|звезды в глазах,вау,звезда,звездный,обалдеть
😘 face blowing a kiss,adorbs,bae,flirt,heart|воздушный поцелуй,губы,комплимент,любовь,подмигивание
😗 kissing face,143,date,dating,flirt|целует,люблю,любовь,нежность,поцелуй
☺️ smiling face,happy,outlined,relaxed,smile|улыбается,довольный,окей,радость,румянец
😚 kissing face with closed eyes,143,bae,blush,date|целует с закрытыми глазами,закрытые,поцелуй,румянец,флирт
😙 kissing face with smiling eyes,143,closed,date,dating|счастливый поцелуй,глаза,лицо,любовь,свидание
🥲 smiling face with tear,glad,grateful,happy,joy|улыбающееся лицо со слезой,боль,гордость,облегчение,признательность
😋 face savoring food,delicious,eat,full,hungry|вкусно,еда,лицо,объедение,отлично
😛 face with tongue,awesome,cool,nice,party|показывает язык,вот,высунуть,забавно,смешно
😜 winking face with tongue,crazy,epic,eye,funny|показывает язык и подмигивает,весело,глаз,забавно,подмигнуть
🤪 zany face,crazy,eye,eyes,goofy|сумасшедшее лицо,крейзи,показать,псих,сдвиг
😝 squinting face with tongue,closed,eye,eyes,gross|морщится и показывает язык,гадость,жмуриться,омг,отвращение
🤑 money-mouth face,paid|деньги в глазах,баксы,богатый,выиграть,джекпот
🤗 smiling face with open hands,hug,hugging|обнимает,встречи,обнимашки,объятия,пока
🤭 face with hand over mouth,giggle,giggling,oops,realization|прикрывает рот рукой,лишнее,ляпнуть,посмеиваться,проговорился
🤫 shushing face,quiet,shh|тс-с-с,говори,закрой,никому,секрет
🤔 thinking face,chin,consider,hmm,ponder|думает,думаю,знаю,интересно,мозгами
🤐 zipper-mouth face,keep,quiet,secret,shut|рот на замке,говори,могила,молния,никому
🤨 face with raised eyebrow,disapproval,disbelief,distrust,emoji|не верит,быть,верю,может,недоверие
😐️ neutral face,awkward,blank,deadpan,expressionless|все равно,безразличие,незаинтересованный,равнодушие,скептик
😑 expressionless face,awkward,dead,fine,inexpressive|без эмоций,безразличие,надоело,незаинтересованный,нет
😶 face without mouth,awkward,blank,expressionless,mouthless|лицо без рта,молчание,немой,нет,рыба
😏 smirking face,boss,dapper,flirt,homie|ухмыляется,задумал,лицо,подмигнуть,подозрение
😒 unamused face,...,bored,fine,jealous|скучает,гадость,грустно,надоело,недовольный
🙄 face with rolling eyes,eyeroll,shade,ugh,whatever|закатывает глаза,блин,закатить,закончится,когда
😬 grimacing face,awk,awkward,dentist,grimace|гримаса,злой,злость,злюсь,зубы
🤥 lying face,liar,lie,pinocchio|лжец,буратино,врать,врешь,лицо
😌 relieved face,calm,peace,relief,zen|испытывает облегчение,богу,довольный,обошлось,пронесло
😔 pensive face,awful,bored,dejected,died|размышляет,грустный,достало,жаль,задумчивый
😪 sleepy face,crying,good,night,sad|хочет спать,ночи,плакать,плач,пора
🤤 drooling face|пускает слюни,лицо
😴 sleeping face,bed,bedtime,good,goodnight|спит,боковую,ночи,пора,сон
😷 face with medical mask,cold,dentist,dermatologist,doctor|в медицинской маске,болеть,вирус,врач,заражение
🤒 face with thermometer,ill,sick|с градусником во рту,болеть,больной,вирус,грипп
🤕 face with head-bandage,hurt,injury,ouch|с перевязанной головой,бинт,болеть,больной,гипс
🤢 nauseated face,gross,nasty,sick,vomit|тошнит,блевать,болезнь,выворачивать,вырвет
🤮 face vomiting,barf,gross,puke,sick|рвота,блевать,болезнь,вырвало,гадость
🤧 sneezing face,fever,flu,gesundheit,sick|чихает,апчхи,лицо,насморк,пчхи
🥵 hot face,dying,feverish,heat,panting|жар,болеть,лихорадка,плохо,пот
🥶 cold face,blue,blue-faced,freezing,frostbite|мерзнет,болею,дубак,зубы,мерзнуть
🥴 woozy face,dizzy,drunk,eyes,intoxicated|чувствует головокружение,глазах,голова,кружится,мутит
😵 face with crossed-out eyes,dead,dizzy,feels,knocked|головокружение,болею,глаза,голова,крестики
🤯 exploding head,blown,explode,mind,mindblown|взрыв мозга,быть,голова,может,омг
🤠 cowboy hat face,cowgirl|в ковбойской шляпе,веселый,вестерн,радость,техас
🥳 partying face,bday,birthday,celebrate,celebration|на вечеринке,вечеринка,день,днюха,колпак
🥸 disguised face,eyebrow,glasses,incognito,moustache|маскировка,внешность,инкогнито,нос,очки
😎 smiling face with sunglasses,awesome,beach,bright,bro|лицо в темных очках,защита,клево,круто,очки
🤓 nerd face,brainy,clever,expert,geek|очкарик,ботан,заучка,интеллигент,радость
🧐 face with monocle,classy,fancy,rich,stuffy|с моноклем,дедукция,детектив,доказательства,изучение
😕 confused face,befuddled,confusing,dunno,frown|в замешательстве,замешательство,недовольный,непонятно,огорчен
😟 worried face,anxious,butterflies,nerves,nervous|беспокоится,беспокойство,лицо,расстройство,тревога
🙁 slightly frowning face,sad|немного грустит,грустный,досада,недовольный,огорчен
☹️ frowning face,sad|грустит,грустный,досада,недовольный,несчастный
😮 face with open mouth,believe,forgot,omg,shocked|удивление,вау,верю,изумление,невероятно
😯 hushed face,epic,omg,stunned,surprised|неприятный сюрприз,вау,верю,ого,омг
😲 astonished face,cost,omg,shocked,totally|в шоке,вау,глаза,изумление,лоб
😳 flushed face,amazed,awkward,crazy,dazed|краснеет,извини,обидел,прости,румянец
🥺 pleading face,begging,big,eyes,mercy|умоляет,большие,глаза,грустно,почему
😦 frowning face with open mouth,caught,guard,scared,scary|в изумлении,изумление,испуг,неприятный,ого
😧 anguished face,forgot,scared,scary,stressed|страдает,боль,забыл,испуг,неприятный
😨 fearful face,afraid,anxious,blame,scared|боится,беспокоится,боюсь,волнуюсь,жуть
😰 anxious face with sweat,blue,cold,eek,mouth|сильно беспокоится,беспокоюсь,волнуюсь,грусть,замерз
😥 sad but relieved face,anxious,call,close,complicated|обошлось,беспокоюсь,грустно,облегчение,плач
😢 crying face,awful,feels,miss,sad|плачет,грустный,жаль,обидно,печаль
😭 loudly crying face,bawling,sad,sob,tear|слезы рекой,навзрыд,несчастный,плач,почему
😱 face screaming in fear,epic,fearful,munch,scared|в ужасе,испуг,крик,кричать,нет
😖 confounded face,annoyed,confused,cringe,distraught|в растерянности,гадость,кринж,невкусно,непонятно
😣 persevering face,concentrate,concentration,focus,headache|упорство,боль,головная,достало,мигрень
😞 disappointed face,awful,blame,dejected,fail|разочарование,виноват,грустно,жаль,лузер
😓 downcast face with sweat,close,cold,feels,headache|в холодном поту,беспокойство,боль,волнуюсь,головная
😩 weary face,crying,fail,feels,hungry|усталость,гадость,достало,надоело,нет
😫 tired face,cost,feels,nap,sad|сильная усталость,достало,надоело,очень,сильно
🥱 yawning face,bedtime,bored,goodnight,nap|зевает,боковую,ночи,поздно,скука
😤 face with steam from nose,anger,angry,feels,fume|в ожидании успеха,бешенстве,дым,зла,злость
😡 enraged face,anger,angry,feels,mad|злится,бешенство,злой,кипит,красный
😠 angry face,anger,blame,feels,frustrated|сердится,бешенство,злиться,злость,рассержен
🤬 face with symbols on mouth,censor,cursing,cussing,mad|цензура,браниться,брань,мат,материться
😈 smiling face with horns,demon,devil,evil,fairy|улыбающийся чертенок,дьявол,зло,злорадная,рога
👿 angry face with horns,demon,devil,evil,fairy|злой чертенок,грусть,демон,дьявол,расстроен
💀 skull,body,dead,death,face|череп,кости,мертвый,могила,монстр
☠️ skull and crossbones,dead,death,face,monster|череп и кости,конец,метка,опасно,пират
💩 pile of poo,comic,doo,dung,face|какашка,вонючка,воняет,говно,куча
🤡 clown face|клоун,арлекин,смех,смешно,улыбка
👹 ogre,creature,devil,face,fairy|чудовище,дракон,змей,карнавал,лицо
👺 goblin,angry,creature,face,fairy|японский гоблин,злой,монстр,сказка,страшный
👻 ghost,boo,creature,excited,face|привидение,подмигнуть,призрак,смешной,улыбка
👽️ alien,creature,extraterrestrial,face,fairy|инопланетянин,внеземная,космос,нло,пришелец
👾 alien monster,creature,extraterrestrial,face,fairy|космический монстр,аркада,инопланетянин,космос,нло
🤖 robot,face,monster|робот,лицо,монстр,страх
😺 grinning cat,animal,face,mouth,open|улыбающийся кот,домашнее,животное,милашка,питомец`,
  `👋 waving hand,bye,cya,g2g,greetings|машет рукой,взмах,привет,приветствие,прощание
🤚 raised back of hand,backhand|поднятая рука,ладонь,сторона,тыльная
🖐️ hand with fingers splayed,raised,stop|раскрытая ладонь,пальцы,рука,стоп
✋️ raised hand,five,high,stop|поднятая ладонь,вверх,пальцы,пять,рука
🖖 vulcan salute,finger,hand,hands|вулканский салют,жест,пальцы,приветствие,рука
👌 ok hand,awesome,bet,dope,fleek|жест «все хорошо»,окей,отлично,рука,ясно
🤌 pinched fingers,gesture,hand,hold,huh|щепоть,вопрос,жест,пальцы,рега
🤏 pinching hand,amount,bit,fingers,little|жест «мало»,небольшое количество,немного,чуть-чуть
✌️ victory hand,peace|жест v,виктория,мир,пальцы,победа
🤞 crossed fingers,hand,luck|скрещенные пальцы,везение,жест,скрестить,удача
🤟 love-you gesture,fingers,hand,ily,three|я-тебя-люблю,жест,пальца,пальцы,рука
🤘 sign of the horns,finger,hand,rock-on|рокерский жест,коза,пальцы,рука,фанат
🤙 call me hand,hang,loose,shaka|жест «позвони мне»,набери,рука,серферский,шака
👈️ backhand index pointing left,finger|указывающий налево палец,влево,жест,направление,рука
👉️ backhand index pointing right,finger|указывающий направо палец,вправо,жест,направление,рука
👆️ backhand index pointing up,finger|указывающий вверх палец,выше,жест,наверх,направление
👇️ backhand index pointing down,finger|указывающий вниз палец,жест,направление,ниже,рука
☝️ index pointing up,finger,hand,this|указательный палец вверх,внимание,направление,послушайте,рука
👍️ thumbs up,good,hand,like,yes|большой палец вверх,договорились,жест,лайк,нравится
👎️ thumbs down,bad,dislike,good,hand|большой палец вниз,недоволен,недовольна,нет,плохо
✊️ raised fist,clenched,hand,punch,solidarity|поднятый кулак,пальцы,рука,удар
👊 oncoming fist,absolutely,agree,boom,bro|кулак,бокс,боксировать,бро,кулачок
🤛 left-facing fist,leftwards|кулак влево,рука
🤜 right-facing fist,rightwards|кулак вправо,рука
👏 clapping hands,applause,approval,awesome,congrats|аплодисменты,движение,жест,овация,рука
🙌 raising hands,celebration,gesture,hooray,praise|ура,вверх,жест,класс,отлично
👐 open hands,hug,jazz,swerve|ладони в стороны,врозь,открытые,рука,руки
🤲 palms up together,cupped,dua,hands,pray|ладони лодочкой,вверх,вместе,горсть,дуа
🤝 handshake,agreement,deal,meeting|рукопожатие,встреча,договорились,руки,согласие
🙏 folded hands,appreciate,ask,beg,blessed|сложенные руки,молитва,пожалуйста,просьба,прошу
✍️ writing hand,write|пишущая рука,бумага,написать,писать,письмо
💅 nail polish,bored,care,cosmetics,done|маникюр,готово,кисть,косметика,лак
🤳 selfie,camera,phone|селфи,снимок,телефон
💪 flexed biceps,arm,beast,bench,bodybuilder|бицепс,атлет,зал,качать,качок
🦾 mechanical arm,accessibility,prosthetic|механическая рука,возможности,инвалид,инвалидность,ограниченные
🦿 mechanical leg,accessibility,prosthetic|механическая нога,возможности,инвалид,инвалидность,ограниченные
🦵 leg,bent,foot,kick,knee|нога,бедро,голень,колено,конечность
🦶 foot,ankle,feet,kick,stomp|щиколотка,лодыжка,нога,стопа,ступня
👂️ ear,body,ears,hear,hearing|ухо,звук,подслушивать,слушать,слышать
🦻 ear with hearing aid,accessibility,hard|ухо со слуховым аппаратом,возможности,глухота,ограниченные,слабослышащий
👃 nose,body,noses,nosey,odor|нос,тело,человек
🧠 brain,intelligent,smart|мозг,интеллект,разум,умная,умный
🫀 anatomical heart,beat,cardiology,heartbeat,organ|сердце человека,анатомия,кардиология,красный,орган
🫁 lungs,breath,breathe,exhalation,inhalation|легкие,вдох,выдох,дыхание,дышать
🦷 tooth,dentist,pearly,teeth,white|зуб,белый,дантист,зубной,зубы
🦴 bone,bones,dog,skeleton,wishbone|кость,костлявый,косточка,скелет,собака
👀 eyes,body,face,googly,look|глаза,два,наблюдать,подглядывать,смотреть
👁️ eye,body,one|глаз,зрачок,тело,человек`,
  `🐵 monkey face,animal,banana|морда обезьяны,животное,обезьяна,обезьянья
🐒 monkey,animal,banana|обезьяна,животное
🦍 gorilla,animal|горилла,животное,обезьяна
🦧 orangutan,animal,ape,monkey|орангутан,обезьяна,орангутанг,примат,человекоподобная
🐶 dog face,adorbs,animal,pet,puppies|морда собаки,животное,пес,собака,собачья
🐕️ dog,animal,animals,dogs,pet|собака,животное,пес,питомец,щенок
🦮 guide dog,accessibility,animal,blind|собака-поводырь,инвалид,помощь,слепой
🐩 poodle,animal,dog,fluffy|пудель,домашнее животное,животное,порода,собака
🐺 wolf,animal,face|морда волка,волчья,животное,собака
🦊 fox,animal,face|морда лисицы,животное,лиса,лисица,лисья
🦝 raccoon,animal,curious,sly|морда енота,животное,любопытный,полоскун
🐱 cat face,animal,kitten,kitty,pet|морда кошки,животное,кот,кошачья,кошка
🐈️ cat,animal,animals,cats,kitten|кошка,животное,кот,котенок,питомец
🦁 lion,alpha,animal,face,leo|морда льва,гороскоп,грива,животное,знак
🐯 tiger face,animal,big,cat,predator|морда тигра,животное,зверь,тигренок,тигриная
🐅 tiger,animal,big,cat,predator|тигр,животное,зверь,зоопарк,кошка
🐆 leopard,animal,big,cat,predator|леопард,гепард,животное,зверь,зоопарк
🐴 horse face,animal,dressage,equine,farm|морда лошади,конь,лошадиная,лошадь
🐎 horse,animal,equestrian,farm,racehorse|лошадь,жеребец,животное,конь,скаковая
🦄 unicorn,face|голова единорога,животное,морда,сказочное,фэнтези
🦓 zebra,animal,stripe|зебра,зебры,полосатая,полоски,черно-белая
🦌 deer,animal|олень,грация,животное,зверь,рога
🦬 bison,animal,buffalo,herd,wisent|бизон,буйвол,животное,зубр,стадо
🐂 ox,animal,animals,bull,farm|бык,гороскоп,животное,знак,зодиак
🐃 water buffalo,animal,zoo|буйвол,животное,зверь,зоопарк,рога
🐄 cow,animal,animals,farm,milk|корова,животное,молоко,рога,ферма
🐷 pig face,animal,bacon,farm,pork|морда свиньи,бекон,животное,поросенок,пятачок
🐖 pig,animal,bacon,farm,pork|свинья,бекон,животное,ферма,хрюшка
🐗 boar,animal,pig|кабан,голова,дикий,животное,клыки
🐽 pig nose,animal,face,farm,smell|свиной пятачок,морда,поросенок,пятак,свинья
🐏 ram,animal,aries,horns,male|баран,гороскоп,животное,знак,зодиак
🐑 ewe,animal,baa,farm,female|овца,баран,жвачное,животное,парнокопытное
🐐 goat,animal,capricorn,farm,milk|коза,животное,знак зодиака,зодиак,козел
🐪 camel,animal,desert,dromedary,hump|одногорбый верблюд,дромадер,один,пустыня
🐫 two-hump camel,animal,bactrian,desert|двугорбый верблюд,бактриан,жвачное,животное,один
🦙 llama,alpaca,animal,guanaco,vicuña|лама,альпака,викунья,гуанако,животное
🦒 giraffe,animal,spots|жираф,длинная шея,животное,пятна,пятнистый
🐘 elephant,animal|слон,животное,хобот
🦣 mammoth,animal,extinction,large,tusk|мамонт,бивень,большой,вымирание,животное
🦏 rhinoceros,animal|носорог,животное
🦛 hippopotamus,animal|гиппопотам,бегемот,животное
🐭 mouse face,animal|морда мыши,грызун,мышка,мышь
🐁 mouse,animal,animals|мышь,белая мышь,грызун,крыса,мышка
🐀 rat,animal|крыса,грызун
🐹 hamster,animal,face,pet|морда хомяка,домашнее животное,животное,мордочка,мышь
🐰 rabbit face,animal,bunny,pet|морда кролика,домашнее,животное,зайчик
🐇 rabbit,animal,bunny,pet|кролик,белый,домашнее,животное,зайчик
🐿️ chipmunk,animal,squirrel|бурундук,белочка,животное,орех
🦫 beaver,animal,dam,teeth|бобр,бобер,грызть,животное,зубы
🦔 hedgehog,animal,spiny|еж,ежик,животное,иголка,иголки
🦇 bat,animal,vampire|летучая мышь,вампир,животное
🐻 bear,animal,face,grizzly,growl|морда медведя,бурый,животное,медведь
🐨 koala,animal,australia,bear,down|морда коалы,австралия,животное,коала,медведь
🐼 panda,animal,bamboo,face|морда панды,животное,медведь,панда
🦥 sloth,lazy,slow|ленивец,животное,лень,медленно,медленный
🦦 otter,animal,fishing,playful|выдра,вода,животное,играть,ловить
🦨 skunk,animal,stink|скунс,вонь,вонючка,вонять,животное
🦘 kangaroo,animal,joey,jump,marsupial|кенгуру,австралия,животное,скакать,сумка
🦡 badger,animal,honey,pester|барсук,животное,носуха
🐾 paw prints,feet,paws|следы животного,животное,лапы,отпечатки`,
  `🍇 grapes,dionysus,fruit|виноград,ветвь винограда,виноградина,сок,фрукт
🍈 melon,cantaloupe,fruit|дыня,растение,фрукт,ягода
🍉 watermelon,fruit|арбуз,растение,фрукт,ягода
🍊 tangerine,citrus,fruit,nectarine,orange|мандарин,апельсин,клементин,фрукт,цитрус
🍋 lemon,citrus,fruit,sour|лимон,кислый,фрукт,цитрус,цитрусовый
🍌 banana,fruit,potassium|банан,фрукт
🍍 pineapple,colada,fruit,pina,tropical|ананас,фрукт
🥭 mango,food,fruit,tropical|манго,еда,сладкий,тропики,тропический
🍎 red apple,diet,food,fruit,health|красное яблоко,зрелое,фрукт
🍏 green apple,fruit|зеленое яблоко,фрукт
🍐 pear,fruit|груша,фрукт
🍑 peach,fruit|персик,нектарин,фрукт
🍒 cherries,berries,cherry,fruit,red|вишня,вишни,дерево,плоды,фрукт
🍓 strawberry,fruit|клубника,земляника,ягода
🫐 blueberries,berry,bilberry,blueberry,food|голубика,голубой,черника,ягода
🥝 kiwi fruit,food|киви,еда,фрукт
🍅 tomato,food,fruit,vegetable|помидор,овощ,томат,ягода
🫒 olive,food|оливка,еда,маслина,олива
🥥 coconut,colada,palm,piña|кокос,кокосы,орех,пальма,пина колада
🥑 avocado,food,fruit|авокадо,еда,фрукт
🍆 eggplant,aubergine,vegetable|баклажан,овощ,синенькие,синенький
🥔 potato,food,vegetable|картофель,еда,картошка,овощ
🥕 carrot,food,vegetable|морковь,еда,морковка,овощ
🌽 ear of corn,crops,farm,maize,maze|кукурузный початок,кукуруза
🌶️ hot pepper|острый перец,красный,растение,чили
🫑 bell pepper,capsicum,food,vegetable|болгарский перец,еда,овощ,растение,сладкий
🥒 cucumber,food,pickle,vegetable|огурец,еда,зелень,овощ,огурчик
🥬 leafy green,bok,burgers,cabbage,choy|зеленый салат,ботва,капуста,латук,листовой
🥦 broccoli,cabbage,wild|брокколи,капуста
🧄 garlic,flavoring|чеснок,вкус,головка,готовить,еда
🧅 onion,flavoring|лук,головка,готовить,еда,луковица
🥜 peanuts,food,vegetable|арахис,еда,овощ,орех
🌰 chestnut,almond,plant|каштан,растение
🍞 bread,carbs,food,grain,loaf|хлеб,батон,буханка
🥐 croissant,bread,breakfast,crescent,food|круассан,еда,рогалик,французский,хлеб
🥖 baguette bread,food,french|багет,батон,булка,еда,французский
🫓 flatbread,arepa,food,gordita,lavash|лепешка,еда,лаваш,наан,пита
🥨 pretzel,convoluted,twisted|крендель,брецель,бублик,закрученный,претцель
🥯 bagel,bakery,bread,breakfast,schmear|бублик,баранка,бейгель,бейгл,выпечка
🥞 pancakes,breakfast,crêpe,food,hotcake|блины,блинчики,еда,масленица,оладьи
🧇 waffle,breakfast,indecisive,iron|вафля,вафельный,вафли,десерт,еда
🧀 cheese wedge|сыр,дырки,желтый,кусок
🍖 meat on bone|мясо на косточке,кость,рулька
🍗 poultry leg,bone,chicken,drumstick,hungry|куриная ножка,еда,кость,курица,нога
🥩 cut of meat,chop,lambchop,porkchop,red|кусок мяса,вырезка,красное мясо,мясо,отбивная
🥓 bacon,breakfast,food,meat|бекон,еда,мясо
🍔 hamburger,eat,fast,food,hungry|гамбургер,бутерброд,сэндвич,фастфуд
🍟 french fries,fast,food|картофель фри,картошка,фастфуд
🍕 pizza,cheese,food,hungry,pepperoni|пицца,кусок,кусок пиццы,перекус,сыр
🌭 hot dog,frankfurter,hotdog,sausage|хот-дог,в тесте,горчица,перекус,сосиска
🥪 sandwich,bread|сэндвич,бутерброд,сендвич,хлеб
🌮 taco,mexican|тако,кухня,мексика,мексиканская кухня,перекус
🌯 burrito,mexican,wrap|буррито,бурритос,кухня,мексика,мексиканская кухня
🫔 tamale,food,mexican,pamonha,wrapped|тамале,еда,завернутый,мексиканский,памонья
🥙 stuffed flatbread,falafel,food,gyro,kebab|шаурма,еда,кебаб,лаваш,перекус
🧆 falafel,chickpea,meatball|фалафель,бобовый,бобы,вегетарианский,горох
🥚 egg,breakfast,food|яйцо,еда,завтрак,скорлупа
🍳 cooking,breakfast,easy,egg,fry|яичница на сковороде,глазунья,жарить,желток,завтрак
🥘 shallow pan of food,casserole,paella|рагу в сковороде,еда,паэлья,плов,сковорода
🍲 pot of food,soup,stew|кастрюля с горячей едой,горячая еда,горячее,обед,первое`,
  `🎃 jack-o-lantern,celebration,halloween,pumpkin|тыква-фонарь,праздник,фонарь из тыквы,хеллоуин,хэллоуин
🎄 christmas tree,celebration|новогодняя елка,новый год,праздник,рождество
🎆 fireworks,boom,celebration,entertainment,yolo|фейерверк,пиротехника,праздник,салют,свет
🎇 sparkler,boom,celebration,fireworks|бенгальский огонь,искры,новый год,праздник,салют
🧨 firecracker,dynamite,explosive,fireworks,light|динамитная шашка,взрыв,взрывчатка,искра,петарда
✨️ sparkles,magic,star|блестки,блестка,звезда,звезды,искры
🎈 balloon,birthday,celebrate,celebration|воздушный шарик,веревочка,воздух,праздник
🎉 party popper,awesome,birthday,celebrate,celebration|хлопушка,бабах,веселье,вечеринка,день рождения
🎊 confetti ball,celebrate,celebration,party,woohoo|конфетти,вечеринка,праздник
🎋 tanabata tree,banner,celebration,japanese|бамбук с бумажными лентами,бумага,дерево,танабата,традиция
🎍 pine decoration,bamboo,celebration,japanese,plant|украшенный бамбук,новый год,растение,рождество,сосна
🎏 carp streamer,celebration|вымпелы в виде карпов,карпы,палочка,рыбки,рыбы
🎐 wind chime,bell,celebration|музыка ветра,бубенчик,ветер,звон
🎑 moon viewing ceremony,celebration|праздник луны,луна,церемония
🧧 red envelope,gift,good,hóngbāo,lai|красный конверт,деньги,китай,подарок,традиция
🎀 ribbon,celebration|бантик,волосы,лента,одежда,праздник
🎁 wrapped gift,birthday,bow,box,celebration|подарок,бант,бантик,год,день
🎗️ reminder ribbon,celebration|памятная лента,память
🎟️ admission tickets|билеты,вход,квиток,концерт,пропуск
🎫 ticket,admission,stub|билет,билетик,вход,квиток,концерт
🎖️ military medal,award,celebration|военная медаль,война,заслуги,награда,одежда
🏆️ trophy,champion,champs,prize,slay|кубок,победа,приз,трофей,чемпион
🏅 sports medal,award,gold,winner|спортивная медаль,достижение,место,победа
🥇 1st place medal,first,gold|золотая медаль,золото,место,первое место,победа
🥈 2nd place medal,second,silver|серебряная медаль,второе место,серебро
🥉 3rd place medal,bronze,third|бронзовая медаль,бронза,третье место
⚽️ soccer ball,football,futbol,sport|футбол,игра,мяч,спорт,футбольный
⚾️ baseball,sport|бейсбол,бейсбольный,игра,мяч,спорт
🥎 softball,glove,sports,underarm|софтбол,бита,зажать,игра,мягкий
🏀 basketball,hoop,sport|баскетбол,баскетбольный,игра,кольцо,мяч
🏐 volleyball,game|волейбол,волейбольный,игра,мяч,спорт
🏈 american football,bowl,sport,super|американский футбол,игра,мяч,спорт
🏉 rugby football,sport|регби,игра,мяч,спорт
🎾 tennis,ball,racquet,sport|теннис,игра,мяч,мячик,ракетка
🥏 flying disc,ultimate|летающий диск,бросать,досуг,игра,летающая тарелка
🎳 bowling,ball,game,sport,strike|боулинг,игра,кегли,спорт,страйк`,
  `🌍️ globe showing europe-africa,earth,world|европа и африка на земном шаре,глобус,земля,земной шар
🌏️ globe showing asia-australia,earth,world|азия и австралия на земном шаре,глобус,земля,земной шар
🗺️ world map|карта мира,атлас,страны
🏔️ snow-capped mountain,cold|гора со снежной шапкой,вершина,снег
🌋 volcano,eruption,mountain,nature|вулкан,извержение вулкана,кратер,лава
🏕️ camping|кемпинг,лагерь,палатка,поход
🏜️ desert|пустыня,кактус,песок,солнце
🏞️ national park|национальный парк,заповедник,природа
🏛️ classical building|античное здание,античность,классический,колонны,стиль
🧱 brick,bricks,clay,mortar,wall|кирпичи,глина,кирпичная,кирпичный,кладка
🪵 wood,log,lumber,timber|древесина,бревно,дрова,лес,пень
🏘️ houses|дома,городок,дача,здания,поселок
🏠️ house,building,country,heart,home|дом,дача,домашний,здание,родной
🏢 office building,city,cubical,job|офисное здание,бизнес-центр,работа
🏥 hospital,building,doctor,medicine|больница,госпиталь,здание,лечение,поликлиника
🏨 hotel,building|гостиница,здание,отель,хостел
🏪 convenience store,building,hours|круглосуточный магазин,24 часа,здание,покупки,сутки
🏬 department store,building|универмаг,здание,магазин,супермаркет,торговый
🏰 castle,building,european|замок,башни,крепость,укрепение,форт
🗼 tokyo tower|токийская башня,архитектура,вышка,телебашня,телевышка
⛪️ church,bless,chapel,christian,cross|церковь,здание,монастырь,религия,собор
🛕 hindu temple|индуистский храм,ашрам,индийский,индуизм,церковь
⛩️ shinto shrine,religion|синтоистский храм,религия,святилище,синтоизм,япония
⛲️ fountain|фонтан,брызги,вода,источник,родник
🌁 foggy|туман,дымка,облака,туманно
🏙️ cityscape|вид на город,городской,многоэтажки,ночь,пейзаж
🌅 sunrise,morning,nature|восход,вечер,заря,лучи,пейзаж
🌇 sunset,building,dusk|закат,вечер,высотные,город,дома
♨️ hot springs,hotsprings,steaming|горячие источники,гейзер,пар,поток
🎡 ferris wheel,amusement,park,theme|колесо обозрения,аттракцион,веселье,чертово
💈 barber pole,cut,fresh,haircut,shave|парикмахерская,барбершоп,волосы,салон,стрижка
🚂 locomotive,caboose,engine,railway,steam|паровоз,вагон,локомотив,поезд
🚄 high-speed train,railway,shinkansen|скоростной поезд,дорога,железная,пуля,синкансэн
🚆 train,arrived,choo,railway|поезд,дорога,ж/д,железная дорога,транспорт
🚈 light rail,arrived,monorail,railway|легкий рельсовый транспорт,метро,монорельс,трамвай,электричка
🚊 tram,trolleybus|трамвай,рельсы,транспорт
🚞 mountain railway,car,trip|поезд в горах,горы,дорога,железная,рельсы
🚌 bus,school,vehicle|автобус,маршрутка,мини автобус,общественный транспорт,транспорт
🚎 trolleybus,tram|троллейбус,дорога,общественный,провода,транспорт
🚑️ ambulance,emergency,vehicle|машина скорой помощи,больница,врачи,помощь,скорая
🚓 police car,5–0,cops,patrol|полицейская машина,милиция,патруль,полицейские,полиция
🚕 taxi,cab,cabbie,car,drive|такси,водитель,желтое такси,машина,транспорт
🚗 automobile,car,driving,vehicle|автомобиль,машина,транспорт
🚙 sport utility vehicle,car,drive,recreational,sportutility|джип,suv,автомобиль,жилой,легковой
🚚 delivery truck,car,drive,vehicle|грузовик,газель,грузовой,доставка,кузов
🚜 tractor,vehicle|трактор,сельское,техника,транспорт,хозяйство
🏍️ motorcycle,racing|мотоцикл,байк,гонки,опасность,скорость
🦽 manual wheelchair,accessibility|кресло-коляска с ручным приводом,инвалид,ручной,транспорт
🛺 auto rickshaw,tuk|авторикша,мопед,моторикша,такси,транспорт
🛴 kick scooter|самокат,колеса,руль,транспорт
🛼 roller skate,blades,skates,sport|роликовые коньки,ролики,спорт
🛣️ motorway,highway,road|шоссе,автомагистраль,автострада,дорога,магистраль
🛢️ oil drum|бочка,емкость,нефть
🚨 police car light,alarm,alert,beacon,emergency|мигалка,красная,полиция,проблесковый маячок,сигнальные огни
🚦 vertical traffic light,drove,intersection,signal,stop|вертикальный светофор,перекресток
🚧 construction,barrier|строительные работы,барьер,заграждение,опасность,преграда
⛵️ sailboat,resort,sailing,sea,yacht|парусник,кораблик,лодка,отдых,яхта
🚤 speedboat,billionaire,lake,luxury,millionaire|катер,вода,двигатель,круиз,лодка
⛴️ ferry,boat,passenger|паром,перевозки,транспорт
🚢 ship,boat,passenger,travel|корабль,груз,круиз,лайнер,морской
🛩️ small airplane,aeroplane|маленький самолет,воздух,крылья,перевозки
🛬 airplane arrival,aeroplane,arrivals,arriving,landing|посадка,прибытие,приземляется,садится,самолет
💺 seat,chair|кресло,кресло в самолете,место,пассажирское кресло,сиденье
🚟 suspension railway|подвесная железная дорога,вагон`,
  `👓️ glasses,clothing,eye,eyeglasses,eyewear|очки,аксессуар,глаза,защита,зрение
🥼 lab coat,clothes,doctor,experiment,jacket|лабораторный халат,белый халат,лаборатория,форма
👕 t-shirt,blue,casual,clothes,clothing|футболка,короткие,одежда,рубашка,рукава
🧤 gloves,hand|перчатки,аксессуар,одежда,руки
👗 dress,clothes,clothing,dressed,fancy|платье,женская одежда,женское,одежда
🩱 one-piece swimsuit,bathing|цельный купальник,закрытый,одежда,плавать,слитный
👙 bikini,bathing,beach,clothing,pool|бикини,бассейн,купальник,море,отпуск
👜 handbag,clothes,clothing,dress,lady|сумка,женская,сумочка
🎒 backpack,backpacking,bag,bookbag,education|ранец,портфель,рюкзак,школа
👟 running shoe,athletic,clothes,clothing,fast|кроссовки,бег,кеды,обувь,побежать
👠 high-heeled shoe,clothes,clothing,dress,fashion|туфли на каблуке,женщина,обувь,стиль
👢 woman’s boot,clothes,clothing,dress,shoe|сапог,высокая,женская,каблук,обувь
🎩 top hat,clothes,clothing,fancy,formal|цилиндр,магия,мужчина,одежда,фокус
🪖 military helmet,army,soldier,war,warrior|армейская каска,армия,воин,солдат
💄 lipstick,cosmetics,date,makeup|помада,губы,косметика,макияж
🔇 muted speaker,quiet,silent,sound|без звука,громкость,молчание,тихо,тишина
🔊 speaker high volume,loud,music,sound|высокая громкость,динамик,звук,уровень
📯 postal horn|почтовый рожок,почта,труба
🎼 musical score,note|нотный стан,ключ,музыка,ноты,скрипичный
🎙️ studio microphone,music|студийный микрофон,вокал,звук,музыка,пение
🎤 microphone,karaoke,music,sing,sound|микрофон,звук,караоке,пение
🎷 saxophone,instrument,music|саксофон,инструмент,музыка,музыкальный инструмент
🎸 guitar,instrument,music,strat|гитара,гитарист,инструмент,концерт,музыка
🪕 banjo,music,stringed|банджо,гитара,играть,инструмент,музыка
📱 mobile phone,cell,communication,telephone|мобильный телефон,мобильник,смартфон,сотовый
📞 telephone receiver,communication,voip|телефонная трубка
🔋 battery|батарейка,аккумулятор,батарея,заряд,уровень заряда
🖥️ desktop computer,monitor|компьютер,монитор,настольный,экран
🖱️ computer mouse|мышка,кнопки,мышь,периферия,устройство
💾 floppy disk,computer|дискета,данные,компьютер,носитель
🧮 abacus,calculation,calculator|счеты,вычисления,подсчет
📽️ film projector,cinema,movie,video|кинопроектор,видео,показ
📷️ camera,photo,selfie,snap,tbt|фотоаппарат,съемка,фотокамера
📼 videocassette,old,school,tape,vcr|видеокассета,пленка
🕯️ candle,light|свеча,воск,огонь,пламя,свет
🏮 red paper lantern,bar,light,restaurant|красный бумажный фонарик,бумага,китай,китайский фонарик,огонь
📕 closed book,education|закрытая книга,закрыть,захлопнутая,захлопнуть,книжка
📘 blue book,education,fantasy,library,reading|синяя книга,голубая,голубой,книжка,синий
📓 notebook|тетрадь,блокнот,записная книжка,тетрадка
📜 scroll,paper|свиток,бумага,пергамент
🗞️ rolled-up newspaper|свернутая газета,бумага,новости
🏷️ label,tag|бирка,сведения,этикетка,ярлык
💴 yen banknote,bill,currency,money|банкнота иены,валюта,деньги,иена,япония
💷 pound banknote,bill,billion,cash,currency|банкнота фунта,англия,валюта,великобритания,деньги
🧾 receipt,accounting,bookkeeping,evidence,invoice|чек,бухгалтерия,доказательство,квитанция,счет
📧 e-mail,email,letter|электронная почта,конверт,письмо,сообщение,электронное письмо
📤️ outbox tray,email,letter,mail,sent|исходящие,исходящая,отправленная,отправленные,письма
📮 postbox,mail,mailbox|почтовый ящик,корреспонденция,почта
✒️ black nib,pen|перьевой наконечник,кончик пера,перо,перьевая ручка,письмо
🖌️ paintbrush,painting|кисточка,кисть,рисование,щетина
💼 briefcase,office|портфель,бумаги,дипломат,документы,офис
🗂️ card index dividers|маркированные папки,картотека,карточки,оглавление,папка
🗒️ spiral notepad|перекидной блокнот,записная книга,листы,откидной,пружина
📈 chart increasing,data,graph,growth,right|диаграмма роста,вверх,скачок,схема,тенденция
📋️ clipboard,list,notes|планшет с зажимом,бумага,лист,список дел
📎 paperclip|скрепка,бумаги,канцелярия,скрепить
📐 triangular ruler,angle,math,set,slide|линейка-треугольник,измерение,измерительный инструмент,треугольная,чертежный набор
🗄️ file cabinet,filing,paper|архивный шкаф,данные,кабинет,сведения,хранилище
🔓️ unlocked,cracked,open|открытый замок,закрыть,затвор
🔑 key,keys,lock,major,password|ключ,закрыть,открыть,пароль
🪓 axe,chop,hatchet,split,wood|топор,дрова,дровосек,рубить,рубка
🛠️ hammer and wrench,spanner,tool|молот и гаечный ключ,инструмент,молоток
💣️ bomb,boom,comic,dangerous,explosion|бомба,взрыв,ложись,опасность,фитиль
🛡️ shield,weapon|щит,безопасность,доспехи,защита,снаряжение
🪛 screwdriver,flathead,handy,tool|отвертка,винт,инструмент,мастер,умелец
🗜️ clamp,compress,tool,vice|компрессор,зажим,тиски
🔗 link,links|гиперссылка,звенья,связывание,связь,цепочка
🧰 toolbox,chest,mechanic,red|ящик для инструментов,инструменты,комплект инструментов,коробка,красный ящик
⚗️ alembic,chemistry,tool|перегонный сосуд,аппарат,куб,химия
🧬 dna,biologist,evolution,gene,genetics|днк,биология,генетика,гены,жизнь
📡 satellite antenna,aliens,contact,dish,science|спутниковая антенна
💊 pill,doctor,drugs,medicated,medicine|пилюля,барбитураты,капсула,лекарство,лечиться
🚪 door,back,closet,front|дверь,вход,входная,выход,двери
🪟 window,air,frame,fresh,opening|окно,вид,окошко,прозрачный,рама
🪑 chair,seat,sit|стул,мебель,сидение,сидеть,сидя
🚿 shower,water|душ,вода,мыться,принимать душ,струя воды
🪒 razor,sharp,shave|бритва,бритье,бриться,лезвие,лицо
🧹 broom,cleaning,sweeping,witch|метла,ведьма,веник,подметать,уборка
🪣 bucket,cask,pail,vat|ведро,бадья,ведерко,кадка
🧽 sponge,absorbing,cleaning,porous,soak|губка,ванна,впитывать,мочалка,мыло`,
  `🏧 atm sign,automated,bank,cash,money|значок банкомата,выдача,деньги,наличные,терминал
🚮 litter in bin sign,litterbin|бросайте мусор в урну,мусорить,мусорка,урна
🚸 children crossing,pedestrian,traffic|знак «дети»,движение,дорога,знак "дети",переход
⬆️ up arrow,cardinal,direction,north|стрелка вверх,направление,север
↗️ up-right arrow,direction,intercardinal,northeast|стрелка вправо-вверх,направление,северо-восток
➡️ right arrow,cardinal,direction,east|стрелка вправо,восток,направление
↘️ down-right arrow,direction,intercardinal,southeast|стрелка вправо-вниз,направление,юго-восток
⬇️ down arrow,cardinal,direction,south|стрелка вниз,направление
↙️ down-left arrow,direction,intercardinal,southwest|стрелка влево-вниз,направление,юго-запад
⬅️ left arrow,cardinal,direction,west|стрелка влево,запад,направление
↖️ up-left arrow,direction,intercardinal,northwest|стрелка влево-вверх,направление,северо-запад
↕️ up-down arrow|стрелка вверх-вниз,двойная
↔️ left-right arrow|стрелка влево-вправо,двойная
↩️ right arrow curving left|стрелка вправо с поворотом влево,изгиб,изогнутая
↪️ left arrow curving right|стрелка влево с поворотом вправо,изгиб,изогнутая
⤴️ right arrow curving up|стрелка вправо с поворотом вверх,изгиб,изогнутая
⤵️ right arrow curving down|стрелка вправо с поворотом вниз,изгиб,изогнутая
🔙 back arrow|стрелка «назад»,вернуться
🔚 end arrow|стрелка «конец»,стрелка конец
🔛 on! arrow,mark|стрелка «активно»,включено,стрелка активно
🔜 soon arrow,brb,omw|стрелка «скоро»,вправо,далее,продолжение,следует
🔝 top arrow,homie|стрелка «верх»,вверх,наверх,топ
✝️ latin cross,christ,christian,religion|латинский крест,религия,христианский,христианство
☦️ orthodox cross,christian,religion|православный крест,вера,православие,религия,христианин
♀️ female sign,woman|женский символ,венера,женщина
♂️ male sign,man|мужской символ,марс,мужчина
➕️ plus|знак сложения,добавить,плюс,прибавить,сложение
➖️ minus,heavy,math,sign|знак вычитания,вычесть,вычитание,минус,отнять
♾️ infinity,forever,unbounded,universal|бесконечность,знак бесконечности,навсегда,постоянно
‼️ double exclamation mark,bangbang,punctuation|два восклицательных знака,восклицание,восклицательные,восклицательный,знаки
⁉️ exclamation question mark,interrobang,punctuation|восклицательный и вопросительный знаки,восклицание,пунктуация
❓️ red question mark,punctuation|красный вопросительный знак,вопроса,пунктуация
❔️ white question mark,outlined,punctuation|белый вопросительный знак,пунктуация
❕️ white exclamation mark,outlined,punctuation|белый восклицательный знак,восклицание,восклицать,пунктуация
❗️ red exclamation mark,punctuation|красный восклицательный знак,восклицание,пунктуация
💲 heavy dollar sign,billion,cash,charge,currency|жирный знак доллара,валюта,деньги,сша
♻️ recycling symbol,recycle|утилизация,мусор,мусорный,отходы,переработка
⭕️ hollow red circle,heavy,large|красное кольцо,большое кольцо,большой круг,красный круг,круг
☑️ check box with check,ballot,checked,done,off|галочка в квадрате,бюллетень,бюллетень с галочкой,выполнено,голосование
✔️ check mark,checked,checkmark,done,heavy|галочка,галка,готово,знак,значок
❌️ cross mark,cancel,multiplication,multiply|крестик,закрытие,значок,отмена,умножение
〽️ part alternation mark|вступает другой голос,знак,певцы,япония
©️ copyright|значок защиты авторского права,авторские права,авторское,защита,копирайт
™️ trade mark,trademark|товарный знак,товарная марка,торговая марка,торговый знак
Ⓜ️ circled m|буква «м» в кружке,буква "м" в кружке,буква в кружке,кружок
🔴 red circle,geometric|красный круг,геометрия,фигура,шар
🟠 orange circle|оранжевый круг,геометрия,фигура,шар
🟡 yellow circle|желтый круг,геометрия,фигура,шар
🟢 green circle|зеленый круг,геометрия,фигура,шар
🔵 blue circle,geometric|голубой круг,геометрия,синий,фигура,шар
🟣 purple circle|фиолетовый круг,геометрия,фигура,шар
🟤 brown circle|коричневый круг,геометрия,фигура,шар
⚫️ black circle,geometric|черный круг,геометрия,фигура,шар
⚪️ white circle,geometric|белый круг,геометрия,фигура,шар
🟥 red square,card,penalty|красный квадрат,геометрия,прямоугольник,фигура
🟧 orange square|оранжевый квадрат,геометрия,прямоугольник,фигура`,
];

export interface Emoji {
  readonly emoji: string;
  /** Its name by language. */
  readonly name: { readonly en: string; readonly ru: string };
  /** Everything that finds it, in lower case. */
  readonly words: string;
}

export const groups: readonly (readonly Emoji[])[] = source.map((group) =>
  group.split('\n').map((line) => {
    const space = line.indexOf(' ');
    const emoji = line.slice(0, space);
    const words = line.slice(space + 1);
    const [en = '', ru = ''] = words.split('|').map((side) => side.split(',')[0]);
    return { emoji, name: { en, ru }, words };
  }),
);
