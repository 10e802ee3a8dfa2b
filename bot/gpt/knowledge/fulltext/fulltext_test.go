package fulltext_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge/fulltext"
)

// TestForms asks with another form of a word than the text has, and with slips.
func TestForms(t *testing.T) {
	for _, c := range []struct{ about, text, question string }{
		{"plural", "The parcel travels", "parcels"},
		{"verb", "Delivered by post", "how do you deliver"},
		{"noun of a verb", "We deliver", "delivery"},
		{"case", "REFUND", "refund"},
		{"apostrophe", "The customer's choice", "customers"},
		{"accent", "In the café", "cafe"},
		{"slip: a letter too few", "refund", "refnd"},
		{"slip: swapped", "refund", "refnud"},
		{"slip: a letter too many", "password", "passsword"},
		{"slip: a wrong letter", "address", "adrress"},
		{"slips: two in a long word", "confirmation", "comfirmaton"},
		{"in one word", "lime scale", "limescale"},
		{"in two words", "The login is locked", "log in"},
		{"hyphen", "by e-mail", "email"},
		{"no hyphen", "by email", "e-mail"},
		{"number", "Within 30 days", "30"},
		{"wrong layout", "Возврат товара", "djpdhfn"},
		{"wrong layout the other way", "refund", "куагтв"},

		{"падеж", "Доставка курьером", "доставку курьера"},
		{"число", "Чашка с ручкой", "чашек"},
		{"беглая гласная", "Кружки и посылки", "кружек посылок"},
		{"беглая гласная е", "Подарок другу", "подарка"},
		{"образец", "Коробка образцов", "образец"},
		{"глагол", "Мы доставляем", "доставка"},
		{"причастие", "Разбитая чашка", "разбили"},
		{"ё", "Осуществлён платёж", "платеж"},
		{"е", "Платеж", "платёж"},
		{"ударение", "Замо\u0301к", "замок"},
		{"опечатка", "доставка", "дотсавка"},
		{"опечатка в начале", "доставка", "лоставка"},
		{"пропуск", "возврат", "возрат"},
		{"две опечатки", "наложенный платёж", "наложеный платож"},
	} {
		x := fulltext.New([]fulltext.Document{{Text: "Ничего общего. Unlike any other."}, {Title: "Title", Text: c.text}, {Text: "Совсем другое, something else"}})
		if hits := x.Search(c.question, 3, nil); len(hits) == 0 || hits[0].Document != 1 {
			t.Errorf("%s: %q finds %v, not %q", c.about, c.question, hits, c.text)
		}
	}
}

// TestUnlike asks for what is not there.
func TestUnlike(t *testing.T) {
	x := fulltext.New([]fulltext.Document{{Text: "A cup of tea, the price, курс и крыша, port"}})
	for _, question := range []string{"", "?", "кот", "cap", "ten", "pot", "мыша", "coffee", "krysha"} {
		if hits := x.Search(question, 3, nil); len(hits) > 0 {
			t.Errorf("%q finds %v", question, hits)
		}
	}
}

// TestOrder says which of two texts comes first.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		about, question string
		first, second   fulltext.Document
	}{
		{"the title counts more", "return", fulltext.Document{Title: "Return", Text: "by post"}, fulltext.Document{Title: "Post", Text: "return by"}},
		{"another wording counts more", "bitcoin", fulltext.Document{Title: "Money", Also: []string{"coins", "bitcoin"}, Text: "no"}, fulltext.Document{Title: "Money", Text: "no bitcoin"}},
		{"more words of the question", "gift card valid", fulltext.Document{Text: "a gift card is valid"}, fulltext.Document{Text: "card card card card"}},
		{"the rare word counts more", "the tea whisk", fulltext.Document{Text: "a whisk is there for you"}, fulltext.Document{Text: "a tea is there for you"}},
		{"the word itself before its relatives", "delivery", fulltext.Document{Text: "about delivery now"}, fulltext.Document{Text: "about delivering now"}},
		{"a short text", "oven", fulltext.Document{Text: "oven yes"}, fulltext.Document{Text: "oven and a lot of other things that the question does not ask for"}},
	} {
		others := []fulltext.Document{{Text: "Nothing of that sort, tea"}, {Text: "tea and tea and tea"}, {Text: "where there is tea"}}
		for _, documents := range [][]fulltext.Document{{c.first, c.second}, {c.second, c.first}} {
			hits := fulltext.New(append(documents, others...)).Search(c.question, 2, nil)
			if len(hits) != 2 || documents[hits[0].Document].Text != c.first.Text {
				t.Errorf("%s: %v of %v", c.about, hits, documents)
			}
		}
	}
}

func TestOnlyStopWords(t *testing.T) {
	x := fulltext.New([]fulltext.Document{{Title: "Where we are", Text: "Mill Lane"}, {Title: "Tea", Text: "leaves"}})
	if hits := x.Search("where are you?", 1, nil); len(hits) != 1 || hits[0].Document != 0 {
		t.Errorf("got %v", hits)
	}
}

func TestShare(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"my parcel", "Parcels are sent", true},
		{"where is it", "Where it is", false},
		{"deliver", "delivery", false}, // alike, but not the same stem
		{"чашек", "чашка", true},
		{"как это", "это как", false},
	} {
		if got := fulltext.Share(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %t", c.a, c.b, got)
		}
	}
}

// TestLaws holds for all texts: a word of a document finds it, scores fall, keep is
// obeyed, and nothing depends on how a question is written.
func TestLaws(t *testing.T) {
	word := rapid.StringMatching(`[a-z]{1,9}|[а-яё]{1,9}|[0-9]{1,4}|[a-z]{2}-[a-z]{2}`)
	text := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(word, 0, 12).Draw(t, "words"), " ") })
	rapid.Check(t, func(t *rapid.T) {
		documents := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) fulltext.Document {
			return fulltext.Document{Title: text.Draw(t, "title"), Text: text.Draw(t, "text"), Above: text.Draw(t, "above"), Also: rapid.SliceOfN(text, 0, 3).Draw(t, "also")}
		}), 1, 12).Draw(t, "documents")
		x := fulltext.New(documents)
		at := rapid.IntRange(0, len(documents)-1).Draw(t, "at")
		if words := strings.Fields(documents[at].Text); len(words) > 0 {
			one := rapid.SampledFrom(words).Draw(t, "word")
			hits := x.Search(one, len(documents), nil)
			if !slices.ContainsFunc(hits, func(h fulltext.Hit) bool { return h.Document == at }) {
				t.Fatalf("%q does not find document %d", one, at)
			}
		}
		question := text.Draw(t, "question")
		hits := x.Search(question, len(documents), nil)
		for i, h := range hits {
			if h.Score <= 0 || i > 0 && h.Score > hits[i-1].Score {
				t.Fatalf("the scores are %v", hits)
			}
		}
		if shouted := x.Search("  "+strings.ToUpper(question)+"?!", len(documents), nil); !slices.Equal(hits, shouted) {
			t.Fatalf("%v or %v", hits, shouted)
		}
		kept := x.Search(question, len(documents), func(d int) bool { return d != at })
		if want := slices.DeleteFunc(slices.Clone(hits), func(h fulltext.Hit) bool { return h.Document == at }); !slices.Equal(kept, want) {
			t.Fatalf("%v without %d is %v", hits, at, kept)
		}
	})
}
