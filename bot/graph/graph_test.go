package graph_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/graph"
)

// small is a folder of three chains with all sorts of ways on.
func small() fstest.MapFS {
	return fstest.MapFS{
		"prices.yaml": {Data: []byte(`
title: Prices
on:
  - keywords: [price, "how much"]
    if: visits > 1
  - command: /price
  - page: { url: /pricing*, after: 20s }
  - default: { at_most_every: 1h }
  - opened
  - event: prices
steps:
  - say: "Which plan, <b>{{ name }}</b>?"
    buttons:
      - { text: "Basic & free", goto: basic }
      - { text: Team, goto: team }
      - { text: Documentation, url: "https://example.com/docs" }
    otherwise: person
    timeout: 10m
  - label: basic
  - say: Basic is free.
  - end
  - label: team
  - ask: Where may we send the offer?
    type: email
    save: email
    on_fail: person#busy
  - if: visits > 3
    then: [ { tag: regular }, person ]
    else: [ { pause: 1h30m } ]
  - call: rating
  - random: [ { steps: team }, { steps: [ { set: { a: 1, b: 2 } } ] } ]
`)},
		"person.yaml": {Data: []byte("on: [person_wanted]\nsteps:\n  - handoff: { say: One moment., if_nobody: busy }\n  - label: busy\n  - say: Nobody is here.\n")},
		"rating.yaml": {Data: []byte("steps:\n  - ask: How was it?\n    type: rating\n")},
		"alone.yaml":  {Data: []byte("title: \"{picture} \\\"]<script>\"\non: [first_message]\nsteps:\n  - say: \"]]> </text><script>alert(1)</script>\"\n")},
	}
}

func of(t *testing.T, folder fstest.MapFS) *graph.Graph {
	t.Helper()
	set, faults := chain.Load(folder, chain.Options{})
	if set == nil {
		t.Fatal(faults)
	}
	return graph.Of(set)
}

// TestGoldens holds the drawings to files; ANTEROOM_GOLDEN=write writes them anew.
func TestGoldens(t *testing.T) {
	g := of(t, small())
	for name, got := range map[string]string{"small.mmd": g.Mermaid(), "small.svg": g.SVG()} {
		file := filepath.Join("testdata", name)
		if os.Getenv("ANTEROOM_GOLDEN") == "write" {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got:\n%s", name, got)
		}
	}
}

// TestSelfContained looks for what a drawing would have to fetch, and for texts of
// chains that became markup.
func TestSelfContained(t *testing.T) {
	g := of(t, small())
	decoder := xml.NewDecoder(strings.NewReader(g.SVG()))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
			t.Error("there is a script in the picture")
		}
	}
	page := g.HTML()
	outside := regexp.MustCompile(`(?i)(src|href|url|import)\s*[=(]\s*["']?(https?:)?//`)
	if found := outside.FindString(page); found != "" {
		t.Errorf("the page fetches something: %s", found)
	}
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("the page has %d scripts", n)
	}
	if n := strings.Count(page, "<svg"); n != 1 {
		t.Errorf("the page has %d pictures", n)
	}
	if !strings.Contains(page, "4 chains, ") {
		t.Error("the page does not count its chains")
	}
}

var frame = regexp.MustCompile(`class="chain" id="[^"]*" transform="translate\((\d+) (\d+)\)">\n<rect class="frame" width="(\d+)" height="(\d+)"`)

// TestThirtyChains looks at the shape of a larger picture.
func TestThirtyChains(t *testing.T) {
	folder := fstest.MapFS{}
	for i := range 30 {
		folder[fmt.Sprintf("chain%02d.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil,
			"on: [{ event: e%d }]\nsteps:\n  - say: Chain %d\n    buttons: [{ text: A, goto: chain%02d }, { text: B, goto: chain%02d }]\n%s",
			i, i, (i*7+1)%30, (i/2)%30, strings.Repeat("  - say: More.\n  - ask: What?\n    save: what\n", i%5))}
	}
	folder["alone.yaml"] = &fstest.MapFile{Data: []byte("on: [opened]\nsteps: [ { say: Hello } ]\n")}
	svg := of(t, folder).SVG()
	type box struct{ x, y, w, h int }
	var boxes []box
	for _, m := range frame.FindAllStringSubmatch(svg, -1) {
		var b box
		for i, to := range []*int{&b.x, &b.y, &b.w, &b.h} {
			*to, _ = strconv.Atoi(m[i+1])
		}
		boxes = append(boxes, b)
	}
	if len(boxes) != 31 {
		t.Fatalf("%d frames", len(boxes))
	}
	for i, a := range boxes {
		for _, b := range boxes[:i] {
			if a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h {
				t.Errorf("%v lies over %v", a, b)
			}
		}
	}
	var width, height float64
	if _, err := fmt.Sscanf(svg[strings.Index(svg, "viewBox"):], `viewBox="0 0 %f %f"`, &width, &height); err != nil {
		t.Fatal(err)
	}
	if shape := width / height; shape < 1 || shape > 2.6 {
		t.Errorf("the picture is %.0f by %.0f", width, height)
	}
	if svg != of(t, folder).SVG() {
		t.Error("the second time it is drawn otherwise")
	}
}
