package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/gateway"
)

const (
	ms = "ms"
	kb = "KB"
	mb = "MB"
)

// figures are all that there are, in the order of the README's table. What was not
// measured is in faults, and 0.
func figures(m measured, pieces []piece, widgets []beside) (all []figure, faults []error) {
	b := &book{measured: m}
	b.messages()
	b.journal()
	b.bot()
	b.assistant()
	b.knowledge("English", "en")
	b.knowledge("Russian", "ru")
	b.desk()
	b.sockets()
	b.rest()
	b.widgets(widgets)
	for _, p := range pieces {
		f := figure{
			Key:  "widget_" + strings.Trim(keyOf(p.what), "_"),
			What: "widget, brotli: " + p.what, Ours: amount{p.size, "B", "", nil}, Other: &amount{p.budget, "B", "its budget", nil},
			Ratio: p.size / p.budget, Repetitions: 1,
		}
		f.Goal = atMost(1).judge(f.Ratio)
		b.list = append(b.list, f)
	}
	return b.list, b.faults
}

// keyOf makes a key of words.
func keyOf(words string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(words), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), "_")
}

// latency adds the middle and the slowest hundredth of how long something takes, over the bare way.
func (b *book) latency(key, what, name, bare string, p50, p99 *goal) {
	for _, p := range []struct {
		percent int
		goal    *goal
	}{{50, p50}, {99, p99}} {
		b.compare(fmt.Sprintf("%s_p%d", key, p.percent), fmt.Sprintf("%s, p%d", what, p.percent),
			part{name: name, metric: fmt.Sprintf("bridged-p%d-ms", p.percent), unit: ms},
			part{name: name, metric: fmt.Sprintf("raw-p%d-ms", p.percent), unit: ms, what: bare}, p.goal)
	}
}

func (b *book) messages() {
	b.latency("visitor_to_operator", "visitor's socket → operator's client", "ToOperator", "the same event, put by a ghost", atMost(1.1), atMost(1.25))
	for _, percent := range []int{50, 99} {
		b.compare(fmt.Sprintf("visitor_to_operator_same_room_p%d", percent), fmt.Sprintf("… over the same event put by the visitor's own user in the same room, p%d", percent),
			part{name: "ToOperator", metric: fmt.Sprintf("bridged-p%d-ms", percent), unit: ms},
			part{name: "ToOperator", metric: fmt.Sprintf("same-p%d-ms", percent), unit: ms, what: "no bridge, and all else alike"}, nil)
	}
	b.latency("operator_to_visitor", "operator's client → visitor's socket", "ToVisitor", "a bare appservice that answers 200 at once", atMost(1.1), atMost(1.25))
	b.compare("sustained_end_to_end", "messages a second that an operator sees, 100 dialogs busy",
		part{name: "Sustained", metric: "seen/s", unit: "/s"}, part{name: "Sustained", metric: "raw/s", unit: "/s", what: "the same, put by ghosts"}, atLeast(0.95))
}

func (b *book) journal() {
	b.compare("journal_group_commit", "journal: appends a second, 64 visitors at once",
		part{name: "Append", metric: "grouped/s", unit: "/s"}, part{name: "Append", metric: "alone/s", unit: "/s", what: "a commit for each"}, atLeast(12))
	b.compare("ack_over_fsync", "visitor's message → its acknowledgement, p50",
		part{name: "Ack", metric: "ack-p50-ms", unit: ms}, part{name: "Ack", metric: "fsync-p50-ms", unit: ms, what: "a bare write with fdatasync"}, atMost(3))
	b.compare("acked_per_s", "acknowledgements a second over 200 sockets, the homeserver away",
		part{name: "Acked", metric: "acked/s", unit: "/s"}, part{name: "Acked", metric: "bare/s", unit: "/s", what: "bare grouped appends of the same rows"}, atLeast(0.3))
}

func (b *book) bot() {
	b.compare("bot_reply_over_ack", "visitor's message → bot's answer, at the visitor's socket, p50",
		part{name: "BotAnswers", metric: "bridged-p50-ms", unit: ms}, part{name: "BotAnswers", metric: "ack-p50-ms", unit: ms, what: "its acknowledgement"}, atMost(2.5))
	b.latency("bot_reply_over_append", "visitor's message → bot's answer, at the visitor's socket", "BotAnswers", "a bare durable append", nil, nil)
	b.alone("bot_waits_cpu", "processor time a second, 10,000 dialogs in which the bot waits",
		part{name: "BotWaits", metric: "waiting-ms/s", unit: ms}, &part{name: "BotWaits", metric: "none-ms/s", unit: ms, what: "none waits"}, nil)
	b.alone("bot_turns", "the bot alone: turns a second, with 30 chains",
		part{name: "Turn", metric: "turns/s", unit: "/s"}, &part{name: "Append", metric: "grouped/s", unit: "/s", what: "durable appends, 64 visitors at once"}, nil)
}

func (b *book) assistant() {
	const relay = "a bare relay"
	b.latency("gpt_first_word", "a model's first word → visitor's socket", "AssistantBegins", relay, nil, nil)
	b.latency("gpt_200_replies", "200 replies at once: a model's word → visitor's socket", "AssistantStreams", relay, nil, atMost(2))
}

// knowledge is how many questions find the right passage of a shop's knowledge among the first
// three by words alone: those that share a word's stem with it, of which 90% have to
// (the colloquial ones are a part of them), and the rest.
func (b *book) knowledge(language, code string) {
	share := func(name, hits string) (percent, asked float64) {
		asked = b.amount(part{name: "Knowledge", metric: name + "-asked"}).Value
		return 100 * b.amount(part{name: "Knowledge", metric: name + "-" + hits}).Value / max(asked, 1), asked
	}
	add := func(key, what, name, hits string, g *goal) {
		known := len(b.faults)
		percent, asked := share(name, hits)
		b.add(figure{
			Key: "knowledge_" + code + "_" + key, What: what, Ours: amount{percent, "%", fmt.Sprintf("of %.0f", asked), nil},
			Goal: g.judge(percent), Repetitions: 1,
		}, known)
	}
	passages := b.amount(part{name: "Knowledge", metric: code + "-passages"}).Value
	add("first_three", fmt.Sprintf("knowledge by words, %s: right among the first 3 of %.0f passages", language, passages), code+"-stem", "three", atLeast(90))
	add("first", "… as the first", code+"-stem", "first", nil)
	add("plain", "… of the plain questions", code+"-plain", "three", nil)
	add("colloquial", "… of the colloquial ones", code+"-colloquial", "three", nil)
	add("rest", "… of those that share no stem", code+"-rest", "three", nil)
}

func (b *book) desk() {
	b.alone("knowledge_load_cpu", "processor time to load the largest knowledge, 5,000 passages",
		part{name: "Load", metric: "load-ms", unit: ms}, &part{name: "Search", metric: "search-ms", unit: ms, what: "a search in it"}, nil)
	b.compare("find_10k", "!find among 10,000 closed dialogs",
		part{name: "FindDialogs", metric: "find-ms", unit: ms}, part{name: "FindDialogs", metric: "query-ms", unit: ms, what: "the bare query"}, atMost(3))
	b.slowest("inbox_first", "the first page", "first first-waiting first-activity first-name")
	b.slowest("inbox_counts", "the open ones with the counts of all", "counts")
	b.slowest("inbox_filter", "a filter", "filter-open filter-closed filter-mine filter-nobodys filter-unanswered filter-online filter-rare-tag filter-usual-tag")
	b.slowest("inbox_search", "a search", "search-name search-address search-usual search-nothing search-usual-words search-usual-tag search-filtered")
	b.slowest("inbox_end", "the last page", "end-newest end-activity end-name end-waiting")
}

// slowest is, of several things that are asked of the inbox, the one that is slowest beside its bare query.
func (b *book) slowest(key, what, names string) {
	list := strings.Fields(names)
	ratio := func(name string) float64 {
		return b.amount(part{name: "Inbox", metric: name + "-ms"}).Value / max(b.amount(part{name: "Inbox", metric: name + "-query-ms"}).Value, 1e-6)
	}
	worst := slices.MaxFunc(list, func(x, y string) int {
		if ratio(x) < ratio(y) {
			return -1
		}
		return 1
	})
	b.compare(key, fmt.Sprintf("inbox, 50 of 100,000 contacts: %s (the worst of %d: %s)", what, len(list), worst),
		part{name: "Inbox", metric: worst + "-ms", unit: ms}, part{name: "Inbox", metric: worst + "-query-ms", unit: ms, what: "the bare query"}, atMost(3))
}

func (b *book) sockets() {
	const perKB, burst = 1.0 / 1024, 10_000
	visitors := b.amount(part{name: "Restart", metric: "visitors"}).Value
	b.alone("burst_reconnect_s", fmt.Sprintf("restart under %.0f visitors: all back after", visitors),
		part{name: "Restart", metric: "last-back-s", unit: "s"}, &part{name: "Restart", metric: "closed-s", unit: "s", what: "the bridge's own part of it"}, atMost(20))
	b.alone("burst_resumed", "… resumed", part{name: "Restart", metric: "resumed"}, nil, atLeast(burst))
	b.alone("burst_peak", "… busiest second, connections",
		part{name: "Restart", metric: "peak/s"}, &part{name: "Restart", metric: "peak/mean", what: "times the mean"}, nil)
	b.compare("burst_memory", "… most memory of it (resident)",
		part{name: "Restart", metric: "peak-MB", unit: mb}, part{name: "Restart", metric: "peak-before-MB", unit: mb, what: "before"}, nil)
	b.compare("idle_bytes_per_visitor", "memory of an idle visitor's socket (resident)",
		part{name: "IdleSocket", metric: "resident-B/socket", unit: kb, scale: perKB},
		part{name: "IdleSocket", metric: "tuned-B/socket", unit: kb, scale: perKB, what: "a bare tuned gorilla server"}, atMost(1.3))
	b.compare("idle_bytes_usual", "… beside the usual style",
		part{name: "IdleSocket", metric: "resident-B/socket", unit: kb, scale: perKB},
		part{name: "IdleSocket", metric: "usual-B/socket", unit: kb, scale: perKB, what: "two goroutines, default buffers"}, nil)
	b.alone("idle_cpu_10k", "processor time while they are idle, of one core",
		part{name: "IdleSocket", metric: "busy-%", unit: "%"}, &part{name: "IdleSocket", metric: "sockets", what: "idle visitors"}, atMost(2))
	b.compare("socket_cpu_echo", "processor time of a frame and its answer, 500 sockets",
		part{name: "SocketEcho", metric: "gateway-us", unit: "µs"}, part{name: "SocketEcho", metric: "bare-us", unit: "µs", what: "a bare tuned gorilla server that echoes"}, atMost(1.5))
	b.alone("socket_cpu_ack", "… of a message and its durable acknowledgement", part{name: "SocketEcho", metric: "ack-us", unit: "µs"}, nil, nil)
	for _, p := range []struct {
		percent int
		goal    *goal
	}{{50, nil}, {99, atMost(2)}} {
		b.compare(fmt.Sprintf("flooded_p%d", p.percent), fmt.Sprintf("while 10 others flood: visitor's message → its acknowledgement, p%d", p.percent),
			part{name: "Flooded", metric: fmt.Sprintf("flooded-p%d-ms", p.percent), unit: ms},
			part{name: "Flooded", metric: fmt.Sprintf("quiet-p%d-ms", p.percent), unit: ms, what: "without them"}, p.goal)
	}
	b.abuse()
}

// abuse is what others notice of attacks, and what memory these take: no more than the
// gateway has for so many connections.
func (b *book) abuse() {
	for _, a := range []struct {
		name, what  string
		connections int
	}{
		{"visitor", "one visitor floods", 1},
		{"address", "200 sockets of one address flood", 200},
		{"addresses", "300 addresses flood", 300},
		{"loris", "2,000 connections send byte by byte", 2_000},
		{"uploads", "1,000 files are uploaded at once", 1_100},
		{"silent", "19 sockets never read what an operator writes", 19},
	} {
		for _, p := range []struct {
			percent int
			goal    *goal
		}{{50, nil}, {99, atMost(2)}} {
			b.compare(fmt.Sprintf("abuse_%s_p%d", a.name, p.percent), fmt.Sprintf("while %s: others' message → its acknowledgement, p%d", a.what, p.percent),
				part{name: "Abuse", metric: fmt.Sprintf("%s-p%d-ms", a.name, p.percent), unit: ms},
				part{name: "Abuse", metric: fmt.Sprintf("%s-quiet-p%d-ms", a.name, p.percent), unit: ms, what: "without that"}, p.goal)
		}
		b.rise("abuse_"+a.name+"_memory", "… memory that it takes at most (resident)",
			part{name: "Abuse", metric: a.name + "-peak-MiB", unit: "MiB"},
			part{name: "Abuse", metric: a.name + "-rest-MiB", unit: "MiB", what: "before"},
			atMost(float64(gateway.MostMemory(a.connections)>>20)))
	}
}

// rest is the memory of a bridge that does nothing, and what many dialogs in the database cost.
func (b *book) rest() {
	b.alone("rss_rest_mib", "memory at rest, empty database (resident)",
		part{name: "Rest", metric: "rest-MiB", unit: "MiB"}, &part{name: "Rest", metric: "own-MiB", unit: "MiB", what: "without the program's file, whose pages the kernel drops when others need the memory"}, atMost(30))
	b.alone("start_100k_s", "start with 100,000 dialogs",
		part{name: "Start", metric: "start-s", unit: "s"}, &part{name: "Start", metric: "empty-start-s", unit: "s", what: "with none"}, atMost(1))
	b.alone("rss_100k_mib", "memory at rest with 100,000 dialogs (resident)",
		part{name: "Start", metric: "rest-MiB", unit: "MiB"}, &part{name: "Start", metric: "own-MiB", unit: "MiB", what: "without the program's file"}, atMost(60))
	grown := func(key, what, metric, unit string, g *goal) {
		b.compare(key, "100,000 dialogs in the database: "+what,
			part{name: "Growth", metric: strings.Replace(metric, "N", "100000", 1), unit: unit},
			part{name: "Growth", metric: strings.Replace(metric, "N", "1000", 1), unit: unit, what: "1,000 dialogs"}, g)
	}
	grown("growth_100k", "visitor's message → its acknowledgement, p50", "ack-N-ms", ms, atMost(1.1))
	grown("growth_100k_cpu", "processor time of it", "cpu-N-ms", ms, atMost(1.1))
	grown("growth_100k_memory", "memory that is made on its way", "made-N-KB", kb, atMost(1.1))
	grown("growth_100k_resident", "resident memory after 550 messages", "resident-N-MiB", "MiB", nil)
}

// widgets adds what ours costs a page, beside the lightest of the others.
func (b *book) widgets(all []beside) {
	const (
		kib, mib = 1.0 / 1024, 1.0 / (1 << 20)
		fresh    = "Anteroom"
		ongoing  = "Anteroom, in a dialog"
	)
	for _, p := range []struct {
		key, what, unit string
		scale           float64
		name            string
		of              func(beside) float64
		most            bool // it is more than nothing with any widget
		goal            *goal
	}{
		{"widget_before_requests", "requests before the click", "", 1, fresh, func(w beside) float64 { return w.Before.Requests }, true, atMost(1)},
		{"widget_before_bytes", "bytes before the click", "KiB", kib, fresh, func(w beside) float64 { return w.Before.Bytes }, false, nil},
		{"widget_before_scripting", "scripting before the click", ms, 1, fresh, func(w beside) float64 { return w.Before.Scripting }, false, nil},
		{"widget_before_blocked", "the page is blocked before the click", ms, 1, fresh, func(w beside) float64 { return w.Before.Blocked }, false, nil},
		{"widget_opened_bytes", "bytes, open", "KiB", kib, fresh, func(w beside) float64 { return w.Opened.Bytes }, false, nil},
		{"widget_opened_scripting", "scripting at the click", ms, 1, fresh, func(w beside) float64 { return w.Opened.Scripting }, false, nil},
		{"widget_opened_blocked", "the page is blocked at the click", ms, 1, fresh, func(w beside) float64 { return w.Opened.Blocked }, false, nil},
		{"widget_opened_longest", "longest task at the click (of 50 at the least: browsers tell of no shorter ones)", ms, 1, fresh, longest, true, atMost(shortest)},
		{"widget_ongoing_longest", "… in an ongoing dialog, beside the others' first opening", ms, 1, ongoing, longest, true, atMost(shortest)},
		{"widget_memory", "memory of the page, open", "MiB", mib, fresh, func(w beside) float64 { return w.Memory }, false, nil},
		{"widget_memory_5000", "… with 5,000 messages", "MiB", mib, fresh, func(w beside) float64 { return w.Thousands }, true, nil},
	} {
		f, measured := figure{Key: p.key, What: "widget on a page: " + p.what}, false
		for _, w := range all {
			value := amount{Value: p.of(w) * p.scale, Unit: p.unit}
			switch {
			case value.Value <= 0 && p.most: // it was not measured
			case w.Name == p.name:
				f.Ours, f.Repetitions, measured = value, w.Rounds, true
			case !strings.HasPrefix(w.Name, fresh) && (f.Other == nil || value.Value < f.Other.Value):
				value.What = w.Name + ", the least of the others"
				f.Other = &value
			}
		}
		if f.Other == nil || !measured {
			continue
		}
		if f.Other.Value > 0 {
			f.Ratio = f.Ours.Value / f.Other.Value
		}
		f.Goal = p.goal.judge(f.Ours.Value)
		b.list = append(b.list, f)
	}
}

// shortest is the shortest task that browsers tell of (Long Tasks API), in milliseconds.
const shortest = 50

func longest(w beside) float64 { return max(w.Opened.Longest, shortest) }
