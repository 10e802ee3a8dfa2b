package knowledge_test

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge"
)

// BenchmarkKnowledge measures how well full text alone finds what the visitors of
// a shop ask; see TestGoal.
func BenchmarkKnowledge(b *testing.B) {
	for b.Loop() {
		for _, language := range []string{"en", "ru"} {
			m := measure(b, language, func(asked, bool, []knowledge.Passage) {})
			for what, s := range map[string]share{"stem": m.stem, "plain": m.plain, "colloquial": m.colloquial, "rest": m.rest} {
				b.ReportMetric(float64(s.all), language+"-"+what+"-asked")
				b.ReportMetric(float64(s.first), language+"-"+what+"-first")
				b.ReportMetric(float64(s.three), language+"-"+what+"-three")
			}
			b.ReportMetric(float64(len(shop(b).For(language).All())), language+"-passages")
		}
	}
	b.ReportMetric(0, "ns/op")
}

// many is a folder with as many passages as a base may have, in files of a hundred.
func many(b *testing.B) fstest.MapFS {
	b.Helper()
	texts := shop(b).All()
	files := fstest.MapFS{}
	for n := 0; n < knowledge.MaxPassages; n += 100 {
		var written []byte
		for i := range 100 {
			p, q := texts[(n+i)%len(texts)], texts[(7*n+13*i)%len(texts)]
			written = fmt.Appendf(written, "## %s %d\n%s\n\n%s\n\n", p.Title, n+i, p.Text, q.Text)
		}
		files[fmt.Sprintf("%04d.md", n)] = &fstest.MapFile{Data: written}
	}
	return files
}

// processor is the time that the processors have spent on this process so far.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkLoad loads the largest base, some times; it tells the middle of them.
func BenchmarkLoad(b *testing.B) {
	const turns = 5
	files := many(b)
	for b.Loop() {
		var took []time.Duration
		for range turns {
			began := processor(b)
			if base, faults := knowledge.Load(files); base == nil {
				b.Fatal(faults)
			}
			took = append(took, processor(b)-began)
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[turns/2].Milliseconds()), "load-ms")
		b.ReportMetric(turns, "turns")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSearch searches the largest base for a question with slips.
func BenchmarkSearch(b *testing.B) {
	base, faults := knowledge.Load(many(b))
	if base == nil {
		b.Fatal(faults)
	}
	const questions = 100
	began := processor(b)
	for b.Loop() {
		for range questions {
			if found, err := base.Search(b.Context(), "Подскажите, сколька стоит дотсавка курьером on a saturday pleese?", 5); err != nil || len(found) != 5 {
				b.Fatal(found, err)
			}
		}
	}
	b.ReportMetric(float64((processor(b)-began).Microseconds())/float64(b.N*questions)/1000, "search-ms")
	b.ReportMetric(0, "ns/op")
}
