# Makes README's table "Numbers" from the output of "make bench": Go benchmarks
# and the widget's sizes. Every ratio compares two figures of this one run.

# BenchmarkName-2  1  18.0 some-unit  64.6 other-unit ...
/^Benchmark/ {
	name = $1
	sub(/^Benchmark/, "", name)
	sub(/-[0-9]+$/, "", name)
	for (i = 3; i < NF; i += 2) value[name, $(i + 1)] = $i
}

# ok    1950 of 2048  loader
$3 == "of" && $2 ~ /^[0-9]+$/ {
	what = $5
	for (i = 6; i <= NF; i++) what = what " " $i
	sizes[++pieces] = what
	size[pieces] = $2
	budget[pieces] = $4
}

function get(name, unit) {
	if (!((name, unit) in value)) {
		print "bench.awk: no " unit " of Benchmark" name > "/dev/stderr"
		failed = 1
		return 1
	}
	return value[name, unit]
}

function row(what, ours, other, ratio) {
	printf "| %s | %s | %s | %s |\n", what, ours, other, ratio
}

# How many questions find the right passage of a shop's knowledge among the first
# three by words alone: those that share a word's stem with it, of which 90% have to
# (the colloquial ones are a part of them), and the rest.
function found(language, code,   asked) {
	asked = get("Knowledge", code "-stem-asked")
	row("knowledge by words, " language ": right among the first 3 of " sprintf("%d", get("Knowledge", code "-passages")) " passages",
		sprintf("%.1f%% of %d", 100 * get("Knowledge", code "-stem-three") / asked, asked),
		"90%: the goal, where a stem is shared", sprintf("%.2f", get("Knowledge", code "-stem-three") / asked / 0.9))
	row("… as the first", sprintf("%.1f%%", 100 * get("Knowledge", code "-stem-first") / asked), "no goal", "–")
	part("… of the plain questions", code "-plain")
	part("… of the colloquial ones", code "-colloquial")
	part("… of those that share no stem", code "-rest")
}

# Of several things that are asked of the inbox the one that is slowest beside its bare query.
function slowest(what, names,   list, n, i, at, most, ratio) {
	n = split(names, list, " ")
	for (i = 1; i <= n; i++) {
		ratio = get("Inbox", list[i] "-ms") / get("Inbox", list[i] "-query-ms")
		if (i == 1 || ratio > most) { most = ratio; at = list[i] }
	}
	row("inbox, 50 of 100,000 contacts: " what " (the worst of " n ": " at ")",
		figure(get("Inbox", at "-ms")), figure(get("Inbox", at "-query-ms")) ": the bare query", sprintf("%.2f", most))
}

function part(what, name) {
	row(what, sprintf("%.1f%% of %d", 100 * get("Knowledge", name "-three") / get("Knowledge", name "-asked"), get("Knowledge", name "-asked")), "no goal", "–")
}

# Few milliseconds have a fraction.
function figure(ms) { return sprintf(ms < 10 ? "%.1f ms" : "%.0f ms", ms) }

function latency(what, name, percent, other,   bridged, raw) {
	bridged = get(name, "bridged-p" percent "-ms")
	raw = get(name, "raw-p" percent "-ms")
	row(what ", p" percent, figure(bridged), figure(raw) ": " other, sprintf("%.2f", bridged / raw))
}

END {
	row("what", "Anteroom", "compared with", "ratio")
	row("---", "---:", "---", "---:")
	direct = "the same event, put by a ghost"
	latency("visitor's socket → operator's client", "ToOperator", 50, direct)
	latency("visitor's socket → operator's client", "ToOperator", 99, direct)
	client = "the same message, to another Matrix client"
	latency("operator's client → visitor's socket", "ToVisitor", 50, client)
	latency("operator's client → visitor's socket", "ToVisitor", 99, client)
	row("journal: appends a second, 64 visitors at once", sprintf("%.0f", get("Append", "grouped/s")),
		sprintf("%.0f: a commit for each", get("Append", "alone/s")),
		sprintf("%.1f", get("Append", "grouped/s") / get("Append", "alone/s")))
	bare = "a bare durable append"
	latency("visitor's message → bot's answer, at the visitor's socket", "BotAnswers", 50, bare)
	latency("visitor's message → bot's answer, at the visitor's socket", "BotAnswers", 99, bare)
	row("processor time a second, 10,000 dialogs in which the bot waits", sprintf("%.1f ms", get("BotWaits", "waiting-ms/s")),
		sprintf("%.1f ms: none waits", get("BotWaits", "none-ms/s")), "–")
	row("the bot alone: turns a second, with 30 chains", sprintf("%.0f", get("Turn", "turns/s")),
		sprintf("%.0f: durable appends, 64 visitors at once", get("Append", "grouped/s")),
		sprintf("%.1f", get("Turn", "turns/s") / get("Append", "grouped/s")))
	relay = "a bare relay"
	latency("a model's first word → visitor's socket", "AssistantBegins", 50, relay)
	latency("a model's first word → visitor's socket", "AssistantBegins", 99, relay)
	latency("200 replies at once: a model's word → visitor's socket", "AssistantStreams", 50, relay)
	latency("200 replies at once: a model's word → visitor's socket", "AssistantStreams", 99, relay)
	found("English", "en")
	found("Russian", "ru")
	row("processor time to load the largest knowledge, 5,000 passages", sprintf("%.0f ms", get("Load", "load-ms")),
		sprintf("%.1f ms: a search in it", get("Search", "search-ms")), "–")
	row("!find among 10,000 closed dialogs", sprintf("%.1f ms", get("FindDialogs", "find-ms")),
		sprintf("%.1f ms: the bare query", get("FindDialogs", "query-ms")),
		sprintf("%.2f", get("FindDialogs", "find-ms") / get("FindDialogs", "query-ms")))
	slowest("the first page", "first first-waiting first-activity first-name")
	slowest("the open ones with the counts of all", "counts")
	slowest("a filter", "filter-open filter-closed filter-mine filter-nobodys filter-unanswered filter-online filter-rare-tag filter-usual-tag")
	slowest("a search", "search-name search-address search-usual search-nothing search-usual-words search-usual-tag search-filtered")
	slowest("the last page", "end-newest end-activity end-name end-waiting")
	row("restart under " sprintf("%d", get("Restart", "visitors")) " visitors: all back after",
		sprintf("%.1f s, %d resumed", get("Restart", "last-back-s"), get("Restart", "resumed")),
		sprintf("%.1f s: the bridge's own part of it", get("Restart", "closed-s")), "–")
	row("… busiest second, connections", sprintf("%d", get("Restart", "peak/s")),
		sprintf("%.0f: the mean", get("Restart", "peak/s") / get("Restart", "peak/mean")), sprintf("%.2f", get("Restart", "peak/mean")))
	row("… most memory of it (resident)", sprintf("%.0f MB", get("Restart", "peak-MB")),
		sprintf("%.0f MB: before", get("Restart", "peak-before-MB")), sprintf("%.2f", get("Restart", "peak-MB") / get("Restart", "peak-before-MB")))
	row("memory of an idle visitor's socket (resident)", sprintf("%.1f KB", get("IdleSocket", "resident-B/socket") / 1024),
		sprintf("%.1f KB: two goroutines, default buffers", get("IdleUsual", "resident-B/socket") / 1024),
		sprintf("%.2f", get("IdleSocket", "resident-B/socket") / get("IdleUsual", "resident-B/socket")))
	for (i = 1; i <= pieces; i++)
		row("widget, brotli: " sizes[i], size[i] " B", budget[i] " B: its budget", sprintf("%.3f", size[i] / budget[i]))
	if (pieces == 0) {
		print "bench.awk: no sizes of the widget" > "/dev/stderr"
		failed = 1
	}
	exit failed
}
