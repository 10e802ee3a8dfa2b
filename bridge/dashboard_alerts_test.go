package bridge_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"gopkg.in/yaml.v3"
)

// alertRule is one of dashboard/alerts.yaml.
type alertRule struct {
	Alert       string
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string
}

func alertRules(t *testing.T) []alertRule {
	t.Helper()
	text, err := os.ReadFile("dashboard/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct{ Rules []alertRule }
	}
	if err := yaml.Unmarshal(text, &file); err != nil || len(file.Groups) != 1 {
		t.Fatal(file, err)
	}
	return file.Groups[0].Rules
}

// query is an expression of a panel, and what it names its lines.
type query struct{ title, expr, legend string }

// panelQueries are those of the dashboard, with a value in place of each of Grafana's variables.
func panelQueries(t *testing.T) (all []query) {
	t.Helper()
	text, err := os.ReadFile("dashboard/anteroom.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	variables := strings.NewReplacer("$__rate_interval", "5m", "$site", ".*", "$job", ".*")
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			expr := variables.Replace(target.Expr)
			if strings.Contains(expr, "$") {
				t.Errorf("%s: a variable that is not known: %s", p.Title, target.Expr)
			}
			all = append(all, query{p.Title, expr, target.LegendFormat})
		}
	}
	return all
}

// checkQueries holds dashboard and alerts to what a real bridge shows: each expression is
// one of Prometheus, and names metrics, labels and values that there are.
func checkQueries(t *testing.T, f figures) {
	all := panelQueries(t)
	for _, rule := range alertRules(t) {
		all = append(all, query{rule.Alert, rule.Expr, ""})
	}
	for _, q := range all {
		expr, err := parser.ParseExpr(q.expr)
		if err != nil {
			t.Errorf("%s: %v", q.title, err)
			continue
		}
		known := map[string]bool{"job": true, "instance": true}
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			if s, ok := node.(*parser.VectorSelector); ok {
				for _, problem := range f.lacks(s, known) {
					t.Errorf("%s: %s: %s", q.title, q.expr, problem)
				}
			}
			return nil
		})
		left := known // the labels that a line has in the end
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			if a, ok := node.(*parser.AggregateExpr); ok {
				left = map[string]bool{}
				for _, label := range a.Grouping {
					if left[label] = true; !known[label] {
						t.Errorf("%s: %s: nothing has the label %s", q.title, q.expr, label)
					}
				}
			}
			return nil
		})
		for _, label := range regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`).FindAllStringSubmatch(q.legend, -1) {
			if !left[label[1]] {
				t.Errorf("%s: %s has no label for %q", q.title, q.expr, q.legend)
			}
		}
	}
}

// lacks is what a selector asks for and the figures do not have; its labels become known.
func (f figures) lacks(s *parser.VectorSelector, known map[string]bool) (problems []string) {
	name, bucket := s.Name, false
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && f[base].GetType() == dto.MetricType_HISTOGRAM && f[base] != nil {
			name, bucket = base, suffix == "_bucket"
		}
	}
	family := f[name]
	if family == nil || family.GetType() == dto.MetricType_HISTOGRAM && name == s.Name {
		return []string{s.Name + " does not exist"}
	}
	values := map[string][]string{}
	for _, m := range family.GetMetric() {
		for _, pair := range m.GetLabel() {
			values[pair.GetName()] = append(values[pair.GetName()], pair.GetValue())
		}
	}
	if bucket {
		known["le"] = true
	}
	for label := range values {
		known[label] = true
	}
	for _, m := range s.LabelMatchers {
		switch {
		case m.Name == labels.MetricName || m.Name == "job":
		case values[m.Name] == nil:
			problems = append(problems, s.Name+" has no label "+m.Name)
		case m.Type == labels.MatchRegexp && m.Value != ".*":
			for _, part := range strings.Split(m.Value, "|") {
				if !slices.Contains(values[m.Name], part) {
					problems = append(problems, fmt.Sprintf("no %s is %q", m.Name, part))
				}
			}
		case m.Type == labels.MatchEqual && !slices.Contains(values[m.Name], m.Value):
			problems = append(problems, fmt.Sprintf("no %s is %q, but %v", m.Name, m.Value, values[m.Name]))
		}
	}
	return problems
}

// course is how a figure goes, minute by minute; NaN where it is not told.
type course func(minute int) float64

func steady(value float64) course { return func(int) float64 { return value } }
func rising(each float64) course  { return func(minute int) float64 { return each * float64(minute) } }

// from has a course change at a minute.
func from(at int, before, after course) course {
	return func(minute int) float64 {
		if minute < at {
			return before(minute)
		}
		return after(minute)
	}
}

// world is what a bridge shows, by the series as it is written in an expression.
type world map[string]course

// healthy is a bridge with which all is well, with some traffic and a few slips.
func healthy() world {
	return world{
		`anteroom_build_info{version="1"}`:                                   steady(1),
		`anteroom_homeserver_up`:                                             steady(1),
		`anteroom_queue_oldest_age_seconds{queue="outbox"}`:                  func(m int) float64 { return float64(m%3) * 40 },
		`anteroom_queue_oldest_age_seconds{queue="inbox"}`:                   steady(0),
		`anteroom_queue_oldest_age_seconds{queue="bot"}`:                     steady(0),
		`anteroom_queue_oldest_age_seconds{queue="assistants"}`:              func(m int) float64 { return float64(m%2) * 350 }, // one long answer after another
		`anteroom_queue_oldest_age_seconds{queue="mails"}`:                   func(m int) float64 { return float64(m%5) * 60 },  // a mail server that is slow
		`anteroom_queue_oldest_age_seconds{queue="webhooks"}`:                steady(0),
		`anteroom_queue_oldest_age_seconds{queue="parked"}`:                  steady(4000), // waits for another event
		`anteroom_queue_looks_failed_total`:                                  steady(2),
		`anteroom_database_commits_failed_total`:                             steady(0),
		`anteroom_database_disk_free_bytes`:                                  steady(50e9),
		`anteroom_files_disk_free_bytes`:                                     steady(50e9),
		`anteroom_delivery_attempts_total{kind="mail",result="sent"}`:        rising(1),
		`anteroom_delivery_attempts_total{kind="mail",result="given_up"}`:    steady(0),
		`anteroom_delivery_attempts_total{kind="webhook",result="given_up"}`: steady(3),
		`anteroom_matrix_events_converted_total{result="converted"}`:         rising(20),
		`anteroom_matrix_events_converted_total{result="poison"}`:            steady(1),
		`anteroom_matrix_entries_settled_total{result="sent"}`:               rising(20),
		`anteroom_matrix_entries_settled_total{result="failed"}`:             steady(2),
		`anteroom_visitor_ack_seconds_bucket{site="shop",le="0.1"}`:          rising(30),
		`anteroom_visitor_ack_seconds_bucket{site="shop",le="1"}`:            rising(30),
		`anteroom_visitor_ack_seconds_bucket{site="shop",le="10"}`:           rising(30),
		`anteroom_visitor_ack_seconds_bucket{site="shop",le="+Inf"}`:         rising(30),
	}
}

// with is a world in which some series go otherwise.
func (w world) with(changes world) world {
	for series, goes := range changes {
		w[series] = goes
	}
	return w
}

// worldLasts is for how many minutes a world is looked at, and breaks where it breaks.
const worldLasts, worldBreaks = 105, 70

// firings are the minutes in which an alert fires, with the labels that it has then.
func firings(t *testing.T, engine *promql.Engine, w measured, rule alertRule) (minutes []int, has labels.Labels) {
	t.Helper()
	var wait time.Duration
	if rule.For != "" {
		parsed, err := model.ParseDuration(rule.For)
		if err != nil {
			t.Fatalf("%s: %v", rule.Alert, err)
		}
		wait = time.Duration(parsed)
	}
	since := map[uint64]int{} // by the labels: since when the expression holds
	for minute := range worldLasts {
		at, err := engine.NewInstantQuery(t.Context(), w, nil, rule.Expr, time.UnixMilli(0).Add(time.Duration(minute)*time.Minute))
		if err != nil {
			t.Fatalf("%s: %v", rule.Alert, err)
		}
		vector, err := at.Exec(t.Context()).Vector()
		if err != nil {
			t.Fatalf("%s: %v", rule.Alert, err)
		}
		holds := map[uint64]int{}
		for _, s := range vector {
			key := s.Metric.Hash()
			began, ok := since[key]
			if !ok {
				began = minute
			}
			if holds[key] = began; time.Duration(minute-began)*time.Minute >= wait {
				minutes, has = append(minutes, minute), s.Metric
			}
		}
		since = holds
		at.Close()
	}
	return minutes, has
}

// Each alert fires on what it is for, not before its time, and on nothing else; a bridge
// that is well, that is started anew, or whose homeserver is away for a moment wakes nobody.
func TestAlertsFireWhenTheyShould(t *testing.T) {
	t.Parallel()
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute})
	nothing, after := steady(math.NaN()), worldBreaks
	waits := func(queue string) world { // since it broke, and longer each minute
		return healthy().with(world{`anteroom_queue_oldest_age_seconds{queue="` + queue + `"}`: from(after, steady(0), func(m int) float64 { return float64(m-after) * 60 })})
	}
	unread := healthy().with(world{"anteroom_queue_looks_failed_total": from(after, steady(2), func(m int) float64 { return float64(3 + m - after) })})
	for series, goes := range unread {
		if strings.Contains(series, "_queue_oldest") { // a look that fails tells of no queue
			unread[series] = from(after, goes, nothing)
		}
	}
	lost := healthy()
	for series, goes := range lost {
		lost[series] = from(after, goes, nothing)
	}
	anew := healthy()
	for series, goes := range anew {
		if strings.Contains(series, "_total") || strings.Contains(series, "_bucket") {
			anew[series] = from(after, goes, func(m int) float64 { return goes(m) - goes(after) })
		}
		if strings.Contains(series, "_info") {
			anew[series] = func(m int) float64 {
				if m == after {
					return math.NaN()
				}
				return 1
			}
		}
	}
	slow := world{}
	for _, le := range []string{"0.1", "1"} {
		slow[`anteroom_visitor_ack_seconds_bucket{site="shop",le="`+le+`"}`] = from(after, rising(30), func(m int) float64 { return float64(30*after + 20*(m-after)) })
	}
	for _, c := range []struct {
		name  string
		world world
		fires []string
	}{
		{"all is well", healthy(), nil},
		{"it was started anew", anew, nil},
		{"the homeserver was away for three minutes", healthy().with(world{"anteroom_homeserver_up": func(m int) float64 {
			if m >= after && m < after+3 {
				return 0
			}
			return 1
		}}), nil},
		{"it is gone", lost, []string{"AnteroomGone"}},
		{"the homeserver is away", healthy().with(world{"anteroom_homeserver_up": from(after, steady(1), steady(0))}), []string{"AnteroomHomeserverAway"}},
		{"words of visitors wait", waits("outbox"), []string{"AnteroomMessagesWait"}},
		{"words of operators wait", waits("inbox"), []string{"AnteroomMessagesWait"}},
		{"the bot does not come to what it is to hear", waits("bot"), []string{"AnteroomQueueWaits"}},
		{"nobody takes up what assistants are to answer", waits("assistants"), []string{"AnteroomQueueWaits"}},
		{"mails wait", waits("mails"), []string{"AnteroomQueueWaits"}},
		{"webhooks wait", waits("webhooks"), []string{"AnteroomQueueWaits"}},
		{"the queues cannot be read", unread, []string{"AnteroomQueuesUnread"}},
		{"one look at the queues failed", healthy().with(world{"anteroom_queue_looks_failed_total": from(after, steady(2), steady(3))}), nil},
		{"two looks failed, some minutes apart", healthy().with(world{"anteroom_queue_looks_failed_total": from(after, steady(2), from(after+7, steady(3), steady(4)))}), nil},
		{"commits fail", healthy().with(world{"anteroom_database_commits_failed_total": from(after, steady(0), func(m int) float64 { return float64(m - after) })}), []string{"AnteroomDatabaseFails"}},
		{"the database's disk fills", healthy().with(world{"anteroom_database_disk_free_bytes": from(after, steady(50e9), steady(5e8))}), []string{"AnteroomDiskFull"}},
		{"the files' disk fills", healthy().with(world{"anteroom_files_disk_free_bytes": from(after, steady(50e9), steady(5e8))}), []string{"AnteroomDiskFull"}},
		{"a mail is given up", healthy().with(world{`anteroom_delivery_attempts_total{kind="mail",result="given_up"}`: from(after, steady(0), steady(1))}), []string{"AnteroomDeliveriesGivenUp"}},
		{"an event is poison", healthy().with(world{`anteroom_matrix_events_converted_total{result="poison"}`: from(after, steady(1), steady(2))}), []string{"AnteroomSetAside"}},
		{"an entry is refused", healthy().with(world{`anteroom_matrix_entries_settled_total{result="failed"}`: from(after, steady(2), steady(3))}), []string{"AnteroomSetAside"}},
		{"acks are slow", healthy().with(slow), []string{"AnteroomAcksSlow"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var fires []string
			shown := c.world.measured(t)
			for _, rule := range alertRules(t) {
				minutes, has := firings(t, engine, shown, rule)
				if len(minutes) == 0 {
					continue
				}
				fires = append(fires, rule.Alert)
				if minutes[0] < after || minutes[0] > after+25 {
					t.Errorf("%s fires from minute %d, and it breaks at %d", rule.Alert, minutes[0], after)
				}
				for of, text := range rule.Annotations {
					if said := annotation(t, text, has); strings.Contains(said, "<no value>") || strings.Contains(said, "of  ") || said == "" {
						t.Errorf("%s: its %s says %q", rule.Alert, of, said)
					}
				}
				if rule.Labels["severity"] == "" {
					t.Errorf("%s has no severity", rule.Alert)
				}
			}
			if !slices.Equal(fires, c.fires) {
				t.Errorf("%v fire and not %v", fires, c.fires)
			}
		})
	}
}

// annotation is a text of an alert as Prometheus writes it.
func annotation(t *testing.T, text string, has labels.Labels) string {
	t.Helper()
	parsed, err := template.New("").Option("missingkey=default").Funcs(template.FuncMap{
		"humanizeDuration": func(seconds float64) string { return time.Duration(seconds * float64(time.Second)).String() },
	}).Parse("{{ $labels := .Labels }}{{ $value := .Value }}" + text)
	if err != nil {
		t.Errorf("%q: %v", text, err)
		return text
	}
	var b strings.Builder
	values := map[string]any{}
	has.Range(func(l labels.Label) { values[l.Name] = l.Value })
	if err := parsed.Execute(&b, map[string]any{"Labels": values, "Value": 400.0}); err != nil {
		t.Errorf("%q: %v", text, err)
	}
	return b.String()
}
