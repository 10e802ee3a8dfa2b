package gateway

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// limits are all that a visitor or an address is measured by.
type limits struct {
	// frames holds any frame back; it refuses none.
	frames   *buckets[chat.VisitorID]
	messages *buckets[chat.VisitorID]
	uploads  *buckets[chat.VisitorID]
	// events are what pages tell the bot.
	events *buckets[chat.VisitorID]
	// hellos counts all visitors who come, also by an exchange; sessions only the
	// new ones, so that an office behind one address can reload its pages.
	hellos      *buckets[netip.Addr]
	sessions    *buckets[netip.Addr]
	dialogs     *buckets[netip.Addr]
	siteDialogs *buckets[chat.SiteID]
	// uploadBytes holds an address to its share of the disk, however many
	// visitors it makes.
	uploadBytes *buckets[netip.Addr]

	visitorSockets *counter[chat.VisitorID]
	addressSockets *counter[netip.Addr]
	transfers      *counter[chat.FileID]
}

const (
	// framesPerSecond and framesBurst are far above what a person causes; they
	// keep a script from asking the database without a pause.
	framesPerSecond = 20
	framesBurst     = 200
	// eventsPerMinute and eventsBurst are what a page may tell the bot of one visitor.
	eventsPerMinute = 30
	eventsBurst     = 20
	// hellosWithin is the time in which as many hellos may come as an address may
	// hold connections; twice as many may come at once, as after a restart. An
	// exchange is a connection that says hello again when it has news.
	hellosWithin = 10 * time.Second
	// transfersOfAFile may be under way at once: one that broke off unnoticed,
	// and the one that comes again. Each may fill the disk with what was announced.
	transfersOfAFile = 2
)

func newLimits(l config.Limits) limits {
	perMinute := func(n int) rate.Limit { return rate.Limit(float64(n) / time.Minute.Seconds()) }
	perHour := func(n int) rate.Limit { return rate.Limit(float64(n) / time.Hour.Seconds()) }
	return limits{
		frames:         newBuckets[chat.VisitorID](framesPerSecond, framesBurst),
		messages:       newBuckets[chat.VisitorID](perMinute(l.MessagesPerMinute), l.MessagesBurst),
		uploads:        newBuckets[chat.VisitorID](perHour(l.UploadsPerHour), l.UploadsPerHour),
		events:         newBuckets[chat.VisitorID](perMinute(eventsPerMinute), eventsBurst),
		hellos:         newBuckets[netip.Addr](rate.Limit(float64(l.SocketsPerAddress)/hellosWithin.Seconds()), 2*l.SocketsPerAddress),
		sessions:       newBuckets[netip.Addr](perMinute(l.SessionsPerMinute), l.SessionsPerMinute),
		dialogs:        newBuckets[netip.Addr](perHour(l.DialogsPerHour), l.DialogsPerHour),
		siteDialogs:    newBuckets[chat.SiteID](perHour(l.SiteDialogsPerHour), l.SiteDialogsPerHour),
		uploadBytes:    newBuckets[netip.Addr](perHour(tokens(l.UploadBytesPerHour)), tokens(l.UploadBytesPerHour)),
		visitorSockets: newCounter[chat.VisitorID](l.SocketsPerVisitor),
		addressSockets: newCounter[netip.Addr](l.SocketsPerAddress),
		transfers:      newCounter[chat.FileID](transfersOfAFile),
	}
}

// tokens are the bytes of a size, one each.
func tokens(s config.Size) int { return int(min(int64(s), math.MaxInt)) }

// buckets are token buckets by key. A full bucket says nothing and is dropped,
// so only keys that were busy lately cost memory, and never more than mostKeys.
type buckets[K comparable] struct {
	limit rate.Limit
	burst int

	mu    sync.Mutex
	byKey map[K]*rate.Limiter
	swept time.Time
}

const (
	mostKeys   = 100_000
	sweepEvery = time.Minute
)

func newBuckets[K comparable](limit rate.Limit, burst int) *buckets[K] {
	return &buckets[K]{limit: limit, burst: burst, byKey: map[K]*rate.Limiter{}}
}

// take uses one token of the key at that time, or says how long to wait for
// the next. giveBack undoes it when what the token was for did not happen.
func (b *buckets[K]) take(key K, now time.Time) (giveBack func(), wait time.Duration) {
	return b.takeN(key, 1, now)
}

// takeN is take for n tokens at once.
func (b *buckets[K]) takeN(key K, n int, now time.Time) (giveBack func(), wait time.Duration) {
	bucket := b.of(key, now)
	if lack := float64(n) - bucket.TokensAt(now); lack > 0 && n <= bucket.Burst() && bucket.Limit() > 0 {
		// Not reserved first: a reservation for later would keep others from giving back.
		return func() {}, time.Duration(lack / float64(bucket.Limit()) * float64(time.Second))
	}
	r := bucket.ReserveN(now, n)
	giveBack = func() { r.CancelAt(now) }
	if !r.OK() { // more than the burst allows, ever
		return giveBack, time.Hour
	}
	if wait = r.DelayFrom(now); wait > 0 {
		giveBack()
	}
	return giveBack, wait
}

// reserve takes one token, now or in advance, and returns how long to hold back until then.
func (b *buckets[K]) reserve(key K, now time.Time) time.Duration {
	return b.of(key, now).ReserveN(now, 1).DelayFrom(now)
}

func (b *buckets[K]) of(key K, now time.Time) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.swept) >= sweepEvery {
		b.sweep(now)
	}
	found := b.byKey[key]
	if found == nil {
		for other := range b.byKey { // any: a flood of addresses is no reason to grow
			if len(b.byKey) < mostKeys {
				break
			}
			delete(b.byKey, other)
		}
		found = rate.NewLimiter(b.limit, b.burst)
		b.byKey[key] = found
	}
	return found
}

func (b *buckets[K]) sweep(now time.Time) {
	b.swept = now
	for key, bucket := range b.byKey {
		if bucket.TokensAt(now) >= float64(b.burst) {
			delete(b.byKey, key)
		}
	}
}

// tooFast is the refusal of every rate; text says what there was too much of.
func tooFast(text string, wait time.Duration) error {
	return chat.Errorf(chat.CodeTooFast, "%s", text).After(max(wait, time.Millisecond))
}

// counter counts what is open at the same time, by key.
type counter[K comparable] struct {
	most int

	mu    sync.Mutex
	byKey map[K]int
}

func newCounter[K comparable](most int) *counter[K] {
	return &counter[K]{most: most, byKey: map[K]int{}}
}

// enter counts one more, or refuses. Call leave once for each that entered.
func (c *counter[K]) enter(key K) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[key] >= c.most {
		return false
	}
	c.byKey[key]++
	return true
}

func (c *counter[K]) leave(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[key]--; c.byKey[key] <= 0 {
		delete(c.byKey, key)
	}
}

// tooManySockets is the refusal of both counters. A tab that closes makes room.
func tooManySockets() error {
	return chat.Errorf(chat.CodeTooManySockets, "There are too many connections open from here.").After(30 * time.Second)
}
