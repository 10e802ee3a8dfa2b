package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const printed = `goos: linux
BenchmarkRestart-2    1    8.0 last-back-s    0.1 closed-s    3.00 turns
BenchmarkRest-2    1    50 rest-MiB    30 own-MiB
BenchmarkAck-2    1    0.6 ack-p50-ms    0.2 fsync-p50-ms    20.00 turns
BenchmarkAck-2    1    0.9 ack-p50-ms    0.2 fsync-p50-ms    20.00 turns
BenchmarkAck-2    1    1.0 ack-p50-ms    0.5 fsync-p50-ms    20.00 turns
PASS
`

// A figure is the median of ratios that are each of one run; what was not measured is told and not made up.
func TestFiguresAreOfWhatWasMeasured(t *testing.T) {
	dir := t.TempDir()
	in, sizes, to := filepath.Join(dir, "go.txt"), filepath.Join(dir, "size.txt"), filepath.Join(dir, "bench.json")
	widgets := filepath.Join(dir, "widgets.json")
	write(t, widgets, `[{"name":"Heavy","rounds":5,"before":{"requests":2,"bytes":20480,"scripting":9,"blocked":4},"opened":{"bytes":30000,"scripting":9,"blocked":4},"memory":2097152},
		{"name":"Anteroom","rounds":5,"before":{"requests":1,"bytes":2048,"scripting":3,"blocked":0},"opened":{"bytes":20480,"scripting":3,"blocked":0},"memory":1048576},
		{"name":"Anteroom, in a dialog","rounds":5,"before":{"bytes":1},"opened":{"bytes":1,"longest":53},"memory":1},
		{"name":"Light","rounds":5,"before":{"bytes":10240,"scripting":6,"blocked":0},"opened":{"bytes":40960,"scripting":6,"blocked":2},"memory":4194304}]`)
	write(t, in, printed)
	write(t, sizes, "ok     2037 of 2048  loader\ninfo   9961          on first use, en: links\n")
	var table strings.Builder
	err := run([]string{"-go", in, "-sizes", sizes, "-json", to, "-load", "0.10 0.20 0.30 1/100 5"}, &table)
	if err == nil || !strings.Contains(err.Error(), "grouped/s of BenchmarkAppend") || strings.Contains(err.Error(), "ack-p50-ms of BenchmarkAck") {
		t.Errorf("told of what was not measured: %v", err)
	}
	for _, told := range []string{"BenchmarkRestart took 3 turns", "turns of BenchmarkRest\n"} {
		if err == nil || !strings.Contains(err.Error()+"\n", told) {
			t.Errorf("%q is not told of: %v", told, err)
		}
	}
	if err := run([]string{"-part", "-go", in, "-sizes", sizes, "-widgets", widgets, "-json", to, "-load", "0.10 0.20 0.30 1/100 5"}, new(strings.Builder)); err != nil {
		t.Errorf("a part of the figures is a fault: %v", err)
	}
	data, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	var r result
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	f, ok := r.Figures["ack_over_fsync"]
	if !ok || f.Ratio < 2.999 || f.Ratio > 3.001 || f.Ours.Value != 0.9 || f.Other.Value != 0.2 || f.Repetitions != 60 || len(f.Ours.All) != 3 {
		t.Errorf("%+v", f)
	}
	if w := r.Figures["widget_loader"]; w.Goal == nil || !w.Goal.Reached || w.Other.Value != 2048 {
		t.Errorf("%+v", w)
	}
	if w := r.Figures["widget_before_bytes"]; w.Ours.Value != 2 || w.Other.Value != 10 || w.Ratio != 0.2 || w.Repetitions != 5 || w.Other.What != "Light, the least of the others" {
		t.Errorf("%+v", w)
	}
	if w := r.Figures["widget_memory"]; w.Ours.Value != 1 || w.Other.Value != 2 {
		t.Errorf("%+v", w)
	}
	for key, reached := range map[string]bool{"widget_before_requests": true, "widget_opened_longest": true, "widget_ongoing_longest": false} {
		if w := r.Figures[key]; w.Goal == nil || w.Goal.Reached != reached {
			t.Errorf("%s: %+v", key, w)
		}
	}
	const own, beside = 2, 10 // nothing was weighed with thousands of messages
	if len(r.Figures) != own+beside {
		t.Errorf("%d figures of %d that were measured", len(r.Figures), own+beside)
	}
	if r.Machine.LoadBefore != "0.10 0.20 0.30" || r.Machine.Processors == 0 {
		t.Errorf("%+v", r.Machine)
	}
	if want := "| visitor's message → its acknowledgement, p50 | 0.9 ms | 0.2 ms: a bare write with fdatasync | 3.00 | ≤ 3"; !strings.Contains(table.String(), want) {
		t.Errorf("the table:\n%s", table.String())
	}
}

// A restart under fewer visitors than the goal names misses it, even if all of them are back.
func TestARestartUnderFewVisitorsIsMissed(t *testing.T) {
	for visitors, reached := range map[float64]bool{9_500: false, 10_000: true} {
		m := measured{"Restart turns": {5}, "Restart visitors": {visitors}, "Restart resumed": {visitors}}
		all, _ := figures(m, nil, nil)
		i := slices.IndexFunc(all, func(f figure) bool { return f.Key == "burst_resumed" })
		if i < 0 || all[i].Goal == nil || all[i].Goal.Reached != reached {
			t.Errorf("%.0f visitors: %+v", visitors, all)
		}
	}
}

// What an attack takes is judged by how far memory rose, whatever the bridge had before.
func TestMemoryOfAnAttackHasAGoal(t *testing.T) {
	for peak, reached := range map[float64]bool{200: true, 250: true, 650: false} {
		m := measured{
			"Abuse turns": {5}, "Abuse silent-p50-ms": {1}, "Abuse silent-quiet-p50-ms": {1}, "Abuse silent-p99-ms": {1}, "Abuse silent-quiet-p99-ms": {1},
			"Abuse silent-peak-MiB": {peak}, "Abuse silent-rest-MiB": {200},
		}
		all, _ := figures(m, nil, nil)
		i := slices.IndexFunc(all, func(f figure) bool { return f.Key == "abuse_silent_memory" })
		if i < 0 || all[i].Ours.Value != peak-200 || all[i].Goal == nil || all[i].Goal.Reached != reached {
			t.Errorf("%.0f MiB: %+v", peak, all)
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
