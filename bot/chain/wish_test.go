package chain_test

import (
	"testing"
	"testing/fstest"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/fold"
)

// TestUsualWordsAreFolded: they are compared with folded words as they are.
func TestUsualWordsAreFolded(t *testing.T) {
	for _, word := range append(chain.StopWords(), chain.StartWords()...) {
		if fold.Fold(word) != word {
			t.Errorf("%q is not folded", word)
		}
	}
	for text, want := range map[string]bool{"/STOP!": true, "Please unsubscribe": true, "Стоп, пожалуйста!": true, "please": false, "Стоп.": true, " unsubscribe ": true, "stop it": false, "": false, "?!": false} {
		if chain.IsStop(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// TestPersonWanted: who asks for a person may be polite about it, and who speaks of
// persons asks for none.
func TestPersonWanted(t *testing.T) {
	files := folder("on: [person_wanted]\nsteps: [ { say: Called } ]", nil)
	own := folder("on: [ { person_wanted: { words: [Wake the baker, please sir] } } ]\nsteps: [ { say: Called } ]", nil)
	table := []struct {
		files fstest.MapFS
		want  string
		texts []string
	}{
		{files, `Say {"text":"Called"}`, []string{
			"operator", "Human!", "Operator, please", "please operator", "Hi! Operator please.", "Hello there, a person pls", "agent 🙏", "PLEASE: operator",
			"talk to a person", "can I talk to a person please", "Can I please talk to a person?", "Good morning, could I speak with a real human?",
			"I'd like to talk to a human being, thanks", "I want to speak to a manager", "I need a person", "let me talk to someone real", "get me an operator now",
			"please connect me to your support team", "customer support", "can you call a representative?", "Excuse me, may I chat with the operator",
			"оператор пожалуйста", "Оператор, пожалуйста!", "Позовите человека, пожалуйста", "Позовите, пожалуйста, человека", "Плиз, оператор",
			"Здравствуйте! Позовите оператора", "привет, позови человека", "Добрый день. Хочу поговорить с оператором", "Добрый день, можно оператора?",
			"мне нужен живой человек", "Соедините меня с менеджером, будьте добры", "переключите на оператора", "Можно поговорить с живым человеком, пожалуйста?",
			"свяжите со службой поддержки", "позовите администратора", "Не могли бы вы позвать консультанта", "живой человек", "техподдержка", "хочу общаться с людьми",
			"пожа\u0301луйста, оператор",
		}},
		{files, "", []string{
			"я не человек", "вы человек?", "Ты человек или бот?", "Здравствуйте, вы оператор?", "не зовите человека", "я оператор", "сотрудник", "администратор", "живой",
			"are you a person?", "Hello, are you a human", "I am not a person", "I'm a real person", "is this a person?", "I don't want to talk to a person", "one person please",
			"please", "Пожалуйста!", "Hello", "Привет, спасибо", "manager", "people", "the price for one person", "сколько стоит на человека", "a real", "🙏", "?!",
			"can you", "let me", "operator of the crane", "не оператор", "нужен стол на человека",
		}},
		{own, `Say {"text":"Called"}`, []string{"wake the baker", "Please wake the baker!", "Hi, wake the baker, thanks", "please sir", "sir"}},
		{own, "", []string{"operator", "the baker", "please", "wake the baker up"}},
	}
	for _, row := range table {
		for _, text := range row.texts {
			t.Run(text, func(t *testing.T) {
				want := row.want
				if want == "" {
					want = `Unmatched {"text":"` + text + `"}`
				}
				play(t, row.files, []input{{Event: says(text), want: want}})
			})
		}
	}
}
