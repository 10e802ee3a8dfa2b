package chain_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/anteroom-chat/anteroom/bot/chain"
)

func TestMedia(t *testing.T) {
	files := folder(`
on: [default]
steps:
  - image: pictures/offer.PNG
  - image: "https://cdn.example/{{ last_message }}/a.png"
    caption: { en: "Picture of {{ last_message }}", ru: Картинка }
  - file: terms.pdf
    caption: Terms
  - file: https://cdn.example/list
`, map[string]string{"pictures/offer.PNG": "x", "terms.pdf": "x"})
	play(t, files, []input{{Event: says("tea/cup"), want: `
Unmatched {"text":"tea/cup"}
Say {"media":{"path":"pictures/offer.PNG","image":true}}
Say {"text":"Picture of tea/cup","media":{"url":"https://cdn.example/tea%2Fcup/a.png","image":true}}
Say {"text":"Terms","media":{"path":"terms.pdf"}}
Say {"media":{"url":"https://cdn.example/list"}}`}})
}

func TestBadMedia(t *testing.T) {
	files := map[string]string{
		"pictures/offer.png": "x", "terms.pdf": "x", "empty.pdf": "", "page.svg": "x",
	}
	refuse(t, files, []bad{
		{"mistyped", "  - image: pictures/ofer.png", "main.yaml:2:12 [missing_file]", `(did you mean "pictures/offer.png"?)`},
		{"no folder", "  - file: papers/terms.pdf", "main.yaml:2:11 [missing_file]", ""},
		{"folder", "  - file: pictures", "main.yaml:2:11 [missing_file]", "not a file"},
		{"empty", "  - file: empty.pdf", "main.yaml:2:11 [empty_file]", ""},
		{"outside", `  - file: "../terms.pdf"`, "main.yaml:2:12 [bad_path]", ""},
		{"inside again", "  - file: pictures/../terms.pdf", "main.yaml:2:11 [bad_path]", ""},
		{"absolute", "  - file: /etc/passwd", "main.yaml:2:11 [bad_path]", ""},
		{"backslash", `  - file: pictures\offer.png`, "main.yaml:2:11 [bad_path]", ""},
		{"no picture", "  - image: page.svg", "main.yaml:2:12 [not_a_picture]", "file"},
		{"http", "  - image: http://cdn.example/a.png", "main.yaml:2:12 [not_https]", ""},
		{"host of a value", `  - image: "https://{{ last_message }}/a.png"`, "main.yaml:2:21 [host_from_value]", ""},
		{"secret", `  - image: "https://cdn.example/{{ secret.TOKEN }}/a.png"`, "main.yaml:2:36 [bad_expression]", ""},
		{"path of a value", `  - file: "{{ last_message }}"`, "main.yaml:2:12 [no_file]", ""},
		{"nothing", "  - file:", "main.yaml:2:10 [not_a_value]", ""},
	})
	refuse(t, map[string]string{"large.zip": strings.Repeat("x", chain.MaxMedia+1)}, []bad{
		{"large", "  - file: large.zip", "main.yaml:2:11 [file_too_large]", "20 MB"},
	})
}

func TestPicturesInFoldersAreNoChains(t *testing.T) {
	set, faults := chain.Load(fstest.MapFS{
		"main.yaml": {Data: []byte("steps: [ { file: data/list.yaml } ]")}, "data/list.yaml": {Data: []byte("- 1")},
	}, chain.Options{})
	if set == nil || len(set.Chains) != 1 {
		t.Errorf("%v", faults)
	}
}
