package knowledge_test

import (
	"os"
	"slices"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge"
	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge/fulltext"
	"github.com/anteroom-chat/anteroom/bot/source"
)

// asked is a question of testdata, and the passage that answers it.
type asked struct {
	Q          string `yaml:"q" need:"true"`
	Want       string `yaml:"want" need:"true"`
	colloquial bool
}

func shop(t testing.TB) *knowledge.Base {
	t.Helper()
	base, faults := knowledge.Load(os.DirFS("testdata/shop"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return base
}

func questions(t testing.TB, language string) []asked {
	t.Helper()
	file := "testdata/questions." + language + ".yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Plain      []asked `yaml:"plain" need:"true"`
		Colloquial []asked `yaml:"colloquial" need:"true"`
	}
	if faults := source.Read(file, data, &all); len(faults) > 0 {
		t.Fatal(faults)
	}
	for i := range all.Colloquial {
		all.Colloquial[i].colloquial = true
	}
	return slices.Concat(all.Plain, all.Colloquial)
}

// share is a part of the questions: how many there are, and of how many the right
// passage is the first, and among the first three.
type share struct{ all, first, three int }

func (s *share) add(place int) {
	s.all++
	if place == 0 {
		s.first++
	}
	if place >= 0 && place < 3 {
		s.three++
	}
}

func (s share) percent() float64 { return 100 * float64(s.three) / float64(s.all) }

// measured is how well full text finds what a shop's visitors ask.
type measured struct{ stem, plain, colloquial, rest share }

func measure(t testing.TB, language string, missed func(q asked, shares bool, found []knowledge.Passage)) (m measured) {
	t.Helper()
	all := shop(t)
	base := all.For(language)
	for _, q := range questions(t, language) {
		at := slices.IndexFunc(all.All(), func(p knowledge.Passage) bool { return p.ID == q.Want })
		if at < 0 {
			t.Errorf("%q has the answer %s, which is not there", q.Q, q.Want)
			continue
		}
		p := all.All()[at]
		found, err := base.Search(t.Context(), q.Q, 10)
		if err != nil {
			t.Fatal(err)
		}
		place := slices.IndexFunc(found, func(p knowledge.Passage) bool { return p.ID == q.Want })
		text := p.Title + "\n" + p.Above + "\n" + p.Text
		for _, wording := range p.Also {
			text += "\n" + wording
		}
		shares := fulltext.Share(q.Q, text)
		if place < 0 || place > 2 {
			missed(q, shares, found)
		}
		switch {
		case !shares:
			m.rest.add(place)
			continue
		case q.colloquial:
			m.colloquial.add(place)
		default:
			m.plain.add(place)
		}
		m.stem.add(place)
	}
	return m
}

// TestGoal is the promise: of the questions that share a word's stem with the
// passage that answers, 90% find it among the first three by words alone.
func TestGoal(t *testing.T) {
	const goal = 90
	for _, language := range []string{"en", "ru"} {
		t.Run(language, func(t *testing.T) {
			base := shop(t).For(language)
			if n := len(base.All()); n < 150 {
				t.Errorf("there are only %d passages", n)
			}
			if n := len(questions(t, language)); n < 80 {
				t.Errorf("there are only %d questions", n)
			}
			m := measure(t, language, func(q asked, shares bool, found []knowledge.Passage) {
				var ids []string
				for _, p := range found[:min(3, len(found))] {
					ids = append(ids, p.ID)
				}
				t.Logf("missed (shares a stem: %t): %q wants %s, got %v", shares, q.Q, q.Want, ids)
			})
			t.Logf("sharing a stem: %+v %.1f%%; plain %+v, colloquial %+v; the rest %+v", m.stem, m.stem.percent(), m.plain, m.colloquial, m.rest)
			if m.stem.percent() < goal {
				t.Errorf("%.1f%% of the questions find the passage, not %d%%", m.stem.percent(), goal)
			}
		})
	}
}
