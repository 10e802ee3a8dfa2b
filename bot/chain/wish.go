package chain

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// wish is a message by which a visitor asks for something that a chain should
// answer whatever else is under way.
type wish struct {
	// Words are taken for the wish, in place of those that everybody uses.
	Words []string `yaml:"words" doc:"The words that say so, in place of the usual ones. They have to be the whole message, but for a greeting, a please and marks."`

	folded []string
	// form is that of the usual words if they are too many to list, else nil.
	form *regexp.Regexp
}

func (w *wish) check(usual []string) {
	if len(w.Words) == 0 {
		w.Words = usual
	}
	w.folded = nil
	for _, word := range w.Words {
		w.folded = append(w.folded, strings.TrimFunc(fold.Fold(word), isMark))
	}
}

func (w *wish) matches(o Occasion) (int, bool) {
	said := o.Kind == talk.Said && (isOne(o.folded, w.folded) || w.form != nil && w.form.MatchString(meant(o.folded)))
	return rankWish, said
}

// isOne reports whether a folded text is one of some folded words, but for what is
// said out of politeness.
func isOne(text string, words []string) bool {
	text = strings.TrimFunc(text, isMark)
	if text == "" || len(words) == 0 {
		return false
	}
	if slices.Contains(words, text) {
		return true
	}
	said := meant(text)
	return said != "" && slices.ContainsFunc(words, func(word string) bool { return meant(word) == said })
}

// meant is what a folded text says: its words without marks around them, and without
// those of politeness, but for ones in the middle that may mean something there.
func meant(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",.!?;:…()", r) })
	said := words[:0]
	for _, word := range words {
		if word = strings.TrimFunc(word, isNoWord); word != "" && !please.MatchString(word) {
			said = append(said, word)
		}
	}
	return polite.ReplaceAllString(strings.Join(said, " "), "")
}

// isNoWord reports what stands around words: all but letters, digits and the slash of
// a command.
func isNoWord(r rune) bool { return !isLetter(r) && r != '/' }

// please says nothing anywhere.
var please = regexp.MustCompile(`^(?:please|pls|plz|пожалуйста|пожалста|плиз|плис|пж|пжл|пжлст)$`)

// polite is what stands before or after what is meant.
var polite = regexp.MustCompile(politeForm())

func politeForm() string {
	before := oneOf(
		"hi", "hello", "hey", "hiya", "there", "good (?:morning|day|afternoon|evening)", "greetings", "excuse me", "sorry", "thanks", "thank you", "ok", "okay",
		"привет", "приветик", "приветствую", "здравствуй", "здравствуйте", "здрасте", "добр(?:ый|ого) (?:день|дня|вечер|вечера)", "доброе утро", "доброго утра",
		"доброго времени суток", "извините", "простите", "прошу прощения", "будьте (?:добры|любезны)", "будь добр", "спасибо", "прошу", "ок",
	)
	after := oneOf(
		"thanks", "thank you", "thanks in advance", "hello", "hi",
		"спасибо", "спасибо заранее", "заранее спасибо", "будьте (?:добры|любезны)", "будь добр", "прошу", "здравствуйте", "привет",
	)
	return `^(?:` + before + `(?: |$))+|(?:(?:^| )` + after + `)+$`
}

// personForm is how visitors ask for a person, in the words that everybody uses: who,
// as in "operator", and before it perhaps how, as in "can I talk to". What else stands
// there, as in "are you a person" or "я не человек", asks for nobody.
var personForm = regexp.MustCompile(personPattern())

func personPattern() string {
	return `^(?:` + oneOf(asked{
		wants: oneOf(
			"(?:can|could|may) i", "(?:can|could|would) you", "(?:i )?(?:want|need|wish|prefer)(?: to)?", "i(?:'d| would) (?:like|love|prefer)(?: to)?",
			"(?:just )?let me", "is it possible to",
		),
		calls: oneOf(
			"(?:talk|speak|chat)(?: to| with)?", "have", "(?:connect|transfer|switch|forward)(?: me)?(?: to| with)?", "put me through to",
			"(?:call|get|give|find)(?: me)?", "ask for",
		),
		sort:   "(?:a|an|the|some|your|another) (?:(?:real|live|living|actual|human) )*|(?:(?:real|live|living|actual|human) )+",
		who:    oneOf("operator", "human(?: being)?", "person", "agent", "(?:customer )?support"),
		others: oneOf("people", "someone real", "somebody real", "manager", "consultant", "representative", "(?:technical |tech )?support(?: team| agent)?", "customer service"),
	}.form(), asked{
		wants: oneOf(
			"(?:а )?можно(?: ли)?(?: мне)?", "могу(?: ли)?(?: я)?", "можете(?: ли)?(?: вы)?", "не могли бы(?: вы)?", "(?:я )?(?:хочу|хотел бы|хотела бы)",
			"(?:мне )?хотелось бы", "мне бы", "(?:мне )?(?:срочно )?(?:нужен|нужна|нужно|надо|необходим|необходима|требуется)",
		),
		calls: oneOf(
			"(?:позвать|позови|позовите|вызвать|вызови|вызовите|пригласить|пригласи|пригласите|дать|дай|дайте|подключить|подключи|подключите|найти|найдите)(?: мне| сюда)?",
			"(?:соединить|соедини|соедините|связать|свяжи|свяжите|связаться)(?: меня)? со?",
			"(?:переключить|переключи|переключите|перевести|переведи|переведите)(?: меня)? на",
			"(?:поговорить|говорить|пообщаться|общаться|побеседовать) со?",
		),
		sort:   "(?:(?:жив|реальн|настоящ)(?:ой|ый|ий|ого|его|ому|ему|ым|им)|ваш(?:его|им)?|друг(?:ой|ого|им)) |(?:службу?|службой) ",
		who:    oneOf("оператор(?:а|у|ом)?", "человек(?:а|у|ом)?", "менеджер(?:а|у|ом)?", "консультант(?:а|у|ом)?", "(?:тех)?поддержк[аиуо]й?"),
		others: oneOf("людьми", "людей", "кого-нибудь", "кого-то", "кем-нибудь", "специалист(?:а|у|ом)?", "сотрудник(?:а|у|ом)?", "администратор(?:а|у|ом)?"),
	}.form()) + `(?: (?:now|here|instead|сюда|сейчас))?)$`
}

// asked are patterns of folded words for a person in one language, without anchors.
type asked struct {
	// wants and calls say what is to be done, either or both; sort says more of who.
	wants, calls, sort string
	// who means a person alone; others do so only with wants or calls before them.
	who, others string
}

func (a asked) form() string {
	how := `(?:` + a.wants + ` (?:` + a.calls + ` )?|` + a.calls + ` )`
	return how + `(?:` + a.sort + `)?` + oneOf(a.who, a.others) + `|(?:` + a.sort + `)?` + a.who
}

func oneOf(forms ...string) string { return `(?:` + strings.Join(forms, "|") + `)` }
