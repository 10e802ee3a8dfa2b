package try_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/try"
)

// TestFaultsOfScripts names the line of what cannot be.
func TestFaultsOfScripts(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "tea.yaml"), tea)
	for _, c := range []struct{ script, want string }{
		{"> tea\n> [Red]", `talk.txt:2: there is no button "Red"`},
		{"> tea\n> [Our teas]", `talk.txt:2: the button "Our teas" is a link, which the bot does not hear of`},
		{"again", "talk.txt:1: nothing has happened"},
		{"opn", `talk.txt:1: "opn" means nothing here (did you mean "open"?)`},
		{"@ tomorrow", `talk.txt:1: "tomorrow" is neither a time span like 2h nor a moment`},
		{"@ 08:00", "talk.txt:1: it is later than 08:00 already"},
		{"@", "talk.txt:1: nothing is due"},
		{"! sing", `talk.txt:1: operators cannot do "sing"`},
		{"! run coffee", `talk.txt:1: there is no chain "coffee"`},
		{"! bot sing", "talk.txt:1: the bot is on, off or told to continue"},
		{"shoes: red", `talk.txt:1: nobody knows what "shoes" is`},
		{"operators: many", "talk.txt:1: "},
		{"response 200", "talk.txt:1: no request waits"},
		{"reply Hello", "talk.txt:1: no assistant is asked for anything"},
		{"failed so", "talk.txt:1: an assistant fails for one of endpoint, refused, unknown, limit, cut"},
		{"assistant sales: fly", `talk.txt: "assistant sales: fly": "fly" is nothing that an assistant may do`},
		{"assistant sales: timeout soon", `talk.txt: "assistant sales: timeout soon": `},
		{"fallback sales: Hm.", `talk.txt: "fallback sales: Hm.": there is no assistant "sales" above`},
		{"assistant sales: start_chain coffee", "the chains of . cannot be used:"},
		{"edit nowhere", "talk.txt:1: the chains of nowhere cannot be used"},
		{"> <location a b>\n> <location 1.1.1 2>", `talk.txt:2: "<location 1.1.1 2>" is no location`},
	} {
		_, err := try.Play("talk.txt", c.script, try.Folder(folder, "."))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %s", c.script, err, c.want)
		}
	}
}

func TestDiff(t *testing.T) {
	if diff := try.Diff("a\nb", "a\nb"); diff != "" {
		t.Errorf("equal texts differ:\n%s", diff)
	}
	got := try.Diff("0\n1\n2\n3\n4\nb\n5\n6\n7\n8\n9\nend", "0\n1\n2\n3\n4\nB\nC\n5\n6\n7\n8\n9")
	want := "  2\n  3\n  4\n- b\n+ B\n+ C\n  5\n  6\n  7\n  8\n  9\n- end\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
