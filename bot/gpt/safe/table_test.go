package safe

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
)

// TestTheFilterSeesTheHostThatTheBrowserOpens reads the table that the widget's test
// reads as well (widget/test/links.test.ts): there it is what becomes a link and where
// the browser's own parser says that it leads, here what may be shown.
func TestTheFilterSeesTheHostThatTheBrowserOpens(t *testing.T) {
	raw, err := os.ReadFile("testdata/links.json")
	if err != nil {
		t.Fatal(err)
	}
	var table []struct {
		Text    string
		Links   []string
		Refused bool
	}
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	own := []string{"shop.example", "shop.example.", "www.shop.example:8443", "198.51.100.7:8080", "a.www.shop.example:8443", "docs.example", "xn--80aairftm.xn--p1ai", "mailto:help@mail.example"}
	for _, row := range table {
		elsewhere := slices.ContainsFunc(row.Links, func(link string) bool { return !slices.Contains(own, link) })
		if elsewhere && !row.Refused {
			t.Errorf("%q leads to %q and is to be shown", row.Text, row.Links)
		}
		if bad := rules().links.forbidden(row.Text, nil); (bad != "") != row.Refused {
			t.Errorf("%q leads to %q; refused: %q", row.Text, row.Links, bad)
		}
		var forbidden *Forbidden
		if shown, _, err := said(Options{}, 0, row.Text); errors.As(err, &forbidden) != row.Refused {
			t.Errorf("%q is shown as %q, %v", row.Text, shown, err)
		}
	}
}

// TestWhatTheKnowledgeLinksToIsAllowed also in writings without spaces, and an address
// of mail with a subject just as it stands there.
func TestWhatTheKnowledgeLinksToIsAllowed(t *testing.T) {
	r := NewRules(nil, []string{"请访问cups.example/red ，请写us@cups2.example mailto:us@cups2.example?subject=Order https://web.example/?of=https://old.example/a"}, nil)
	for text, allowed := range map[string]bool{
		"cups.example": true, "请看cups.example/red/big": true, "cups.example/blue": false, "us@cups2.example": true, "请us@cups2.example": true, "me@cups2.example": false,
		"mailto:us@cups2.example?subject=Order": true, "mailto:us@cups2.example?subject=Else": false, "https://web.example/?of=https://old.example/a": true, "https://web.example/?of=https://new.example/a": false,
	} {
		if bad := r.links.forbidden(text, nil); (bad == "") != allowed {
			t.Errorf("%q: refused %q", text, bad)
		}
	}
}
