package bridge_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The invariants in README.md and the tests that prove them go by the same numbers: each
// invariant has a test, each such test an invariant. The list has no gap, since Markdown
// counts its items itself and shows other numbers from there on.
func TestEachInvariantHasItsTest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "\n## Invariants\n")
	list, _, _ = strings.Cut(list, "\n## ")
	listed := map[string]bool{}
	for i, item := range regexp.MustCompile(`(?m)^(\d+)\. `).FindAllStringSubmatch(list, -1) {
		if item[1] != fmt.Sprint(i+1) {
			t.Fatalf("item %d is written as %s", i+1, item[1])
		}
		listed[fmt.Sprintf("%02d", i+1)] = true
	}
	if len(listed) < 25 {
		t.Fatalf("README.md lists %d invariants", len(listed))
	}
	proved, named := map[string]bool{}, regexp.MustCompile(`(?m)^func (TestInvariant(\d+)\w*)\(`)
	err = filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, found := range named.FindAllStringSubmatch(string(code), -1) {
			if proved[found[2]] = true; !listed[found[2]] {
				t.Errorf("%s: %s is of no invariant that README.md lists", path, found[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for number := range listed {
		if !proved[number] {
			t.Errorf("no test is named TestInvariant%s…", number)
		}
	}
}
