package bridge_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3" // looks into the bridge's database
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// !export gives the operators a file with everything, once, and the visitor nothing.
func TestAVisitorIsExported(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.confide(t)
	sent := k.anna.Says(t, k.room, "!export")
	export := k.anna.Event(t, k.room, "the export", func(e *event.Event) bool {
		return e.Sender == bot && path(content(e), "m.relates_to", "m.in_reply_to", "event_id") == string(sent)
	})
	said := content(export)
	name, _ := said["filename"].(string)
	if said["msgtype"] != "m.file" || path(said, "info", "mimetype") != "application/json" || !strings.HasPrefix(name, "visitor-1-") || !strings.HasSuffix(name, ".json") {
		t.Errorf("the export is %s", export.Content.VeryRaw)
	}
	url, _ := said["url"].(string)
	mxc, err := id.ParseContentURI(url)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := k.anna.Download(t.Context(), mxc)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Format    string
		Version   int
		Visitor   struct{ Name, First_page, Last_title string } //nolint:revive // keys of the file
		Tags      []string
		Variables map[string]string
		Entries   []struct {
			Seq               int64
			Kind, Party, Text string
			File              *struct {
				Name string
				Size int64
			}
		}
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if all.Format != "chat.anteroom.visitor" || all.Version != 1 || all.Visitor.Name != "Quokka Ann" || all.Visitor.Last_title != "The quokka page" ||
		all.Visitor.First_page != bridgetest.Origin+"/tea" || all.Variables["animal"] != "quokka" || len(all.Tags) != 1 {
		t.Errorf("the export says %s", data)
	}
	wants(t, string(data), "My name is Quokka", "My name is Ann Quokka", "quokka.txt", "Once more about the quokka", "Do you have green tea?", "@anna:localhost")
	for i, e := range all.Entries {
		if e.Seq != int64(i)+1 {
			t.Fatalf("entry %d has the number %d", i, e.Seq)
		}
	}
	wants(t, answers(t, k.anna, k.room, "!export now"), "Nothing is needed", "!export")
	// Killed on its way, it comes once.
	for _, point := range []killpoint.Point{killpoint.BeforeAppend, killpoint.AfterAppend, killpoint.AfterUpload, killpoint.AfterSend} {
		k.StopBridge(t)
		k.StartBridge(t, "", killpoint.Env+"="+string(point))
		again := k.anna.Says(t, k.room, "!export")
		bridgetest.Await(t, "the bridge dies at "+string(point), func() bool { return !k.Alive() })
		k.StartBridge(t, "")
		answered := func() (n int) {
			for _, e := range k.anna.Timeline(k.room) {
				if path(content(e), "m.relates_to", "m.in_reply_to", "event_id") == string(again) {
					n++
				}
			}
			return n
		}
		bridgetest.Await(t, "the export comes", func() bool { return answered() > 0 })
		answers(t, k.anna, k.room, "!visitor")
		if n := answered(); n != 1 {
			t.Errorf("killed at %s, the export came %d times", point, n)
		}
	}
	k.visitor.MustConnect(t)
	k.anna.Says(t, k.room, "Goodbye")
	k.visitor.Hears(t, "Goodbye")
	for _, e := range k.visitor.Entries() {
		if e.File != nil && e.File.Name != "quokka.txt" || strings.Contains(e.Text, "visitor #1") {
			t.Errorf("the visitor got %+v", e)
		}
	}
}
