package bridge_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// Who may call what, and what limits it, is said of each route that the running bridge
// has, under the door at which it has it, and of no other.
func TestThreatsNameEveryRoute(t *testing.T) {
	s := bridgetest.Start(t, bridgetest.Options{
		More: fmt.Sprintf("metrics: {enabled: true, listen: \"127.0.0.1:%d\"}\n", dendritetest.Port(t)),
	})
	served := map[string][]string{}
	bridgetest.Await(t, "the bridge tells of its three doors", func() bool {
		for line := range strings.Lines(s.Log(t)) {
			var told struct {
				Door    string
				Routes  []string
				Message string
			}
			if json.Unmarshal([]byte(line), &told) == nil && told.Message == "A door opens" {
				served[told.Door] = told.Routes
			}
		}
		return len(served) == 3
	})
	written := threatRoutes(t)
	for name, routes := range served {
		if len(routes) == 0 {
			t.Errorf("the door for %s has no routes", name)
		}
		for _, route := range routes {
			if !slices.Contains(written[name], route) {
				t.Errorf("%s is served at the door for %s, and THREATS.md says nothing of it", route, name)
			}
		}
	}
	for name, routes := range written {
		for i, route := range routes {
			if !slices.Contains(served[name], route) {
				t.Errorf("THREATS.md has %s at the door for %s, where it is not served", route, name)
			}
			if slices.Contains(routes[:i], route) {
				t.Errorf("THREATS.md has %s twice", route)
			}
		}
	}
}

// threatRow is what the page says of one route.
type threatRow struct{ door, route, who string }

// threatRoutes are those of the page, by their doors.
func threatRoutes(t *testing.T) map[string][]string {
	t.Helper()
	written := map[string][]string{}
	for _, row := range threatRows(t) {
		written[row.door] = append(written[row.door], row.route)
	}
	return written
}

// threatRows are the rows of the page's tables of routes, one for each method.
func threatRows(t *testing.T) (rows []threatRow) {
	t.Helper()
	page, err := os.ReadFile("THREATS.md")
	if err != nil {
		t.Fatal(err)
	}
	// A row: methods and path, who may call it, what limits it.
	row := regexp.MustCompile("^\\| `([A-Z]+(?:, [A-Z]+)*) (/[^`]*)` \\| ([^|]+) \\| ([^|]+) \\|$")
	door := ""
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "### The door: "); ok {
			door = heading
		}
		if strings.HasPrefix(line, "| `") && door != "" {
			cells := row.FindStringSubmatch(line)
			if cells == nil {
				t.Errorf("a row does not say what is served, for whom, and what limits it: %s", line)
				continue
			}
			for method := range strings.SplitSeq(cells[1], ", ") {
				rows = append(rows, threatRow{door, method + " " + cells[2], cells[3]})
			}
		}
	}
	return rows
}
