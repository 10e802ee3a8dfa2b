package bridge_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// figures are what a bridge shows at /metrics.
type figures map[string]*dto.MetricFamily

func scrape(t *testing.T, address string) figures {
	t.Helper()
	shown := fetch(t, "http://"+address+"/metrics")
	parser := expfmt.NewTextParser(model.LegacyValidation)
	found, err := parser.TextToMetricFamilies(bytes.NewReader(shown))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// of is the value of a metric, the count of a histogram; labels are "name=value". 0 for
// one that is not there.
func (f figures) of(name string, labels ...string) float64 {
	family := f[name]
	for _, m := range family.GetMetric() {
		has := map[string]bool{}
		for _, pair := range m.GetLabel() {
			has[pair.GetName()+"="+pair.GetValue()] = true
		}
		if slices.ContainsFunc(labels, func(l string) bool { return !has[l] }) {
			continue
		}
		switch family.GetType() {
		case dto.MetricType_HISTOGRAM:
			return float64(m.GetHistogram().GetSampleCount())
		case dto.MetricType_COUNTER:
			return m.GetCounter().GetValue()
		default:
			return m.GetGauge().GetValue()
		}
	}
	return 0
}

// ours are the names of the metrics that are not those of Go or the process.
func (f figures) ours() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(f)), func(name string) bool { return !strings.HasPrefix(name, "anteroom_") })
}

// row is the line of a metric in the table of README.md.
func (f figures) row(name string) string {
	family := f[name]
	labels := map[string]bool{}
	for _, m := range family.GetMetric() {
		for _, pair := range m.GetLabel() {
			labels["`"+pair.GetName()+"`"] = true
		}
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s |", name, strings.ToLower(family.GetType().String()),
		strings.Join(slices.Sorted(maps.Keys(labels)), ", "), family.GetHelp())
}

// After a real talk all figures are there and have moved; they keep to Prometheus' rules
// and to the table in README.md, and carry nothing of the visitor.
func TestMetrics(t *testing.T) {
	t.Parallel()
	server, post, told := gpttest.Start(t), mailtest.Start(t, mailtest.Options{}), startHook(t)
	address := fmt.Sprintf("127.0.0.1:%d", dendritetest.Port(t))
	s := bridgetest.Start(t, bridgetest.Options{
		Site: assistantAt(server, fmt.Sprintf("    alerts: {emails: [\"owner@example.com\"], webhook: {url: %q, secret: %q}}\n", told.url, hookSecret)),
		Gateway: fmt.Sprintf("metrics: {enabled: true, listen: %q}\nmail: {host: 127.0.0.1, port: %d, security: none, from: \"Shop chat <chat@example.com>\"}\noutward: [127.0.0.1]\n",
			address, post.Port),
	})
	before := scrape(t, address)
	if before.of("anteroom_visitor_ack_seconds", "site=shop") != 0 || before.of("anteroom_visitor_sockets_opened_total", "site=shop") != 0 {
		t.Error("nobody has come yet")
	}
	anna := s.Operator(t)
	anna.Space(t)
	v := s.Visitor().MustConnect(t)
	server.Script(gpttest.Says("Sencha, in many kinds."), gpttest.WrongKey())
	v.Acked(t, v.Say("Which green tea is there?"))
	v.Hears(t, "Sencha, in many kinds.")
	room := anna.Room(t, 0)
	v.Acked(t, v.Say("And what does it cost?"))
	bridgetest.Await(t, "the dialog is given to people", func() bool {
		return scrape(t, address).of("anteroom_assistant_hand_overs_total", "site=shop") > 0
	})
	anna.Says(t, room, "Nine euro a hundred grams")
	v.Hears(t, "Nine euro a hundred grams")
	v.Acked(t, v.SendFile(t, "secret-list.txt", []byte("tea and more tea")))
	mine := v.Entry(t, "the file", func(e wire.Entry) bool { return e.File != nil })
	fetch(t, mine.File.URL)
	ghost := string(anna.Sees(t, room, "secret-list.txt").Sender)
	v.Write(map[string]string{"t": "nonsense"})

	open := awaitFigures(t, address, map[string]float64{
		"anteroom_visitor_sockets site=shop":                             1,
		"anteroom_visitors_online":                                       1,
		"anteroom_visitor_frames_refused_total site=shop code=bad_frame": 1,
		"anteroom_visitor_ack_seconds site=shop":                         3,
		"anteroom_visitor_uploads_total site=shop result=stored":         1,
		"anteroom_visitor_upload_bytes_total site=shop":                  16,
		"anteroom_visitor_downloads_total site=shop result=served":       1,
		"anteroom_journal_entries_total party=visitor kind=message":      3,
		"anteroom_journal_entries_total party=operator kind=message":     1,
		"anteroom_matrix_send_seconds site=shop party=visitor":           3,
		"anteroom_bot_hand_offs_total site=shop by=bot":                  1,
		"anteroom_bot_turn_seconds site=shop":                            4,
		"anteroom_assistant_answers_total site=shop outcome=answered":    1,
		"anteroom_assistant_faults_total site=shop":                      1,
		"anteroom_delivery_attempts_total kind=mail result=sent":         1,
		"anteroom_delivery_attempts_total kind=webhook result=sent":      2,
		"anteroom_homeserver_up":                                         1,
		"anteroom_homeserver_request_seconds kind=send":                  3,
		"anteroom_homeserver_request_seconds kind=create_room":           1,
		"anteroom_matrix_polls":                                          1,
		"anteroom_dialogs state=open":                                    1,
		"anteroom_build_info":                                            1,
		"anteroom_matrix_entries_settled_total result=sent":              4,
		"anteroom_matrix_transactions_total result=stored":               1,
		"anteroom_matrix_events_converted_total result=converted":        4,
		"anteroom_database_commit_writes":                                10,
		"anteroom_database_size_bytes file=database":                     1,
		"anteroom_database_disk_free_bytes":                              1,
		"anteroom_files_disk_free_bytes":                                 1,
	})
	for _, queue := range []string{"outbox", "inbox", "bot", "assistants", "mails", "webhooks"} {
		bridgetest.Await(t, "the queue "+queue+" is empty", func() bool {
			f := scrape(t, address)
			return f["anteroom_queue_length"] != nil && f.of("anteroom_queue_length", "queue="+queue) == 0 && f.of("anteroom_queue_oldest_age_seconds", "queue="+queue) == 0
		})
	}
	if ready := string(fetch(t, s.URL+"/health/ready")); strings.TrimSpace(ready) != `{"status":"ok"}` {
		t.Errorf("ready says %s", ready)
	}
	v.Close()
	awaitFigures(t, address, map[string]float64{"anteroom_visitor_sockets_closed_total site=shop reason=left": 1})
	if n := scrape(t, address).of("anteroom_visitor_sockets", "site=shop"); n != 0 {
		t.Errorf("%v sockets are open", n)
	}
	t.Run("a homeserver that is away", func(t *testing.T) {
		if err := s.Homeserver.Stop(); err != nil {
			t.Fatal(err)
		}
		bridgetest.AwaitFor(t, time.Minute, "a quiet bridge hears of it by itself", func() bool { return scrape(t, address).of("anteroom_homeserver_up") == 0 })
		v.MustConnect(t)
		v.Acked(t, v.Say("Are you there?"))
		bridgetest.Await(t, "the outage and what waits are seen", func() bool {
			f := scrape(t, address)
			return f.of("anteroom_homeserver_up") == 0 && f.of("anteroom_homeserver_outages_total") > 0 && f.of("anteroom_homeserver_errors_total", "kind=network") > 0 &&
				f.of("anteroom_queue_length", "queue=outbox") >= 1 && f.of("anteroom_queue_oldest_age_seconds", "queue=outbox") > 0
		})
	})
	t.Run("the bridge stays ready without its homeserver, and says so", func(t *testing.T) {
		if live := string(fetch(t, s.URL+"/health/live")); strings.TrimSpace(live) != `{"status":"ok"}` {
			t.Errorf("live says %s", live)
		}
		bridgetest.Await(t, "ready tells of the outage", func() bool {
			ready := string(fetch(t, s.URL+"/health/ready"))
			return strings.Contains(ready, `"status":"degraded"`) && strings.Contains(ready, `"code":"homeserver_away"`)
		})
	})
	t.Run("the rules of Prometheus", func(t *testing.T) {
		problems, err := promlint.New(bytes.NewReader(fetch(t, "http://"+address+"/metrics"))).Lint()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			if strings.HasPrefix(p.Metric, "anteroom_") {
				t.Errorf("%s: %s", p.Metric, p.Text)
			}
		}
	})
	t.Run("nothing of the visitor", func(t *testing.T) {
		shown := string(fetch(t, "http://"+address+"/metrics"))
		for _, private := range []string{"Sencha", "secret-list", "Nine euro", "@anna", string(room), ghost, string(mine.ID), "owner@example.com"} {
			if strings.Contains(shown, private) {
				t.Errorf("the figures show %q", private)
			}
		}
	})
	t.Run("the table in README.md", func(t *testing.T) { checkTable(t, open) })
	t.Run("the dashboard and the alerts", func(t *testing.T) { checkQueries(t, open) })
}

// awaitFigures waits until each figure, "name label=value …", is at least so high.
func awaitFigures(t *testing.T, address string, want map[string]float64) (f figures) {
	t.Helper()
	var low []string
	defer func() {
		if t.Failed() {
			t.Logf("too low are %q", low)
		}
	}()
	bridgetest.Await(t, "the figures rise", func() bool {
		f, low = scrape(t, address), nil
		for figure, least := range want {
			words := strings.Fields(figure)
			if got := f.of(words[0], words[1:]...); got < least {
				low = append(low, fmt.Sprintf("%s: %v, not %v", figure, got, least))
			}
		}
		return len(low) == 0
	})
	return f
}

const tableBegins, tableEnds = "<!-- metrics: TestMetrics holds this table to what the bridge shows -->\n", "<!-- end of metrics -->"

// checkTable holds the table to the figures; ANTEROOM_GOLDEN=write writes it anew.
func checkTable(t *testing.T, f figures) {
	t.Helper()
	read, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(read), tableBegins)
	table, tail, ok := strings.Cut(rest, tableEnds)
	if !ok {
		t.Fatal("README.md has no table of metrics")
	}
	want := "| metric | type | labels | what it says |\n| --- | --- | --- | --- |\n"
	for _, name := range f.ours() {
		want += f.row(name) + "\n"
	}
	if table == want {
		return
	}
	if os.Getenv("ANTEROOM_GOLDEN") != "write" {
		t.Fatalf("README.md does not tell of the metrics as they are (ANTEROOM_GOLDEN=write writes it anew); they are\n%s", want)
	}
	if err := os.WriteFile("README.md", []byte(head+tableBegins+want+tableEnds+tail), 0o600); err != nil {
		t.Fatal(err)
	}
}
