package bridge_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// Dashboard and alerts speak of metrics that there are: those of the table in README.md,
// which TestMetrics holds to a real bridge. And each of them is on a panel, since a figure
// that nobody sees is missed when it would have told what is wrong.
func TestDashboardAndAlertsNameMetricsThatExist(t *testing.T) {
	t.Parallel()
	read := func(path string) string {
		t.Helper()
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	kinds := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(anteroom_\\w+)` \\| (\\w+) \\|").FindAllStringSubmatch(read("README.md"), -1) {
		kinds[row[1]] = row[2]
	}
	if len(kinds) < 40 {
		t.Fatalf("the table has %d metrics", len(kinds))
	}
	exists := func(name string) bool {
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base, ok := strings.CutSuffix(name, suffix); ok && kinds[base] == "histogram" {
				return true
			}
		}
		return kinds[name] != "" && kinds[name] != "histogram"
	}
	dashboard, alerts := read("dashboard/anteroom.json"), read("dashboard/alerts.yaml")
	var panels struct {
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(dashboard), &panels); err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations struct{ Summary, Description string }
			}
		}
	}
	if err := yaml.Unmarshal([]byte(alerts), &rules); err != nil {
		t.Fatal(err)
	}
	for _, p := range panels.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("the panel %q shows nothing", p.Title)
		}
	}
	for _, rule := range rules.Groups[0].Rules {
		if rule.Alert == "" || !strings.Contains(rule.Expr, "anteroom_") || rule.Annotations.Summary == "" || rule.Annotations.Description == "" {
			t.Errorf("the alert %+v is not whole", rule)
		}
	}
	for _, name := range regexp.MustCompile(`anteroom_\w+`).FindAllString(dashboard+alerts, -1) {
		if !exists(name) {
			t.Errorf("%s does not exist", name)
		}
	}
	for name := range kinds {
		if !regexp.MustCompile(name + `(_bucket|_sum|_count)?\b`).MatchString(dashboard) {
			t.Errorf("%s is on no panel", name)
		}
	}
}
