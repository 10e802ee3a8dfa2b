// Package quota holds those who ask to a rate, and counts what they hold open.
package quota

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Buckets are token buckets by key. A full bucket says nothing and is dropped,
// so only keys that were busy lately cost memory, and never more than mostKeys.
type Buckets[K comparable] struct {
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

// NewBuckets makes buckets that hold burst tokens each and regain as many a second as limit says.
func NewBuckets[K comparable](limit rate.Limit, burst int) *Buckets[K] {
	return &Buckets[K]{limit: limit, burst: burst, byKey: map[K]*rate.Limiter{}}
}

// Take uses one token of the key at that time, or says how long to wait for
// the next. giveBack undoes it when what the token was for did not happen.
func (b *Buckets[K]) Take(key K, now time.Time) (giveBack func(), wait time.Duration) {
	return b.TakeN(key, 1, now)
}

// TakeN is Take for n tokens at once.
func (b *Buckets[K]) TakeN(key K, n int, now time.Time) (giveBack func(), wait time.Duration) {
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

// Reserve takes n tokens, no more than the burst, now or in advance, and returns how long to
// hold back until then.
func (b *Buckets[K]) Reserve(key K, n int, now time.Time) time.Duration {
	return b.of(key, now).ReserveN(now, n).DelayFrom(now)
}

// ReserveWithin is Reserve of one token for who does not wait longer than most, or takes
// nothing: giveBack is nil then, and else undoes it.
func (b *Buckets[K]) ReserveWithin(key K, now time.Time, most time.Duration) (wait time.Duration, giveBack func()) {
	bucket := b.of(key, now)
	if lack := 1 - bucket.TokensAt(now); lack > most.Seconds()*float64(bucket.Limit()) {
		// Not reserved first, see TakeN. Who comes at the same time may wait a little longer.
		return 0, nil
	}
	r := bucket.ReserveN(now, 1)
	return r.DelayFrom(now), func() { r.CancelAt(now) }
}

func (b *Buckets[K]) of(key K, now time.Time) *rate.Limiter {
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

func (b *Buckets[K]) sweep(now time.Time) {
	b.swept = now
	for key, bucket := range b.byKey {
		if bucket.TokensAt(now) >= float64(b.burst) {
			delete(b.byKey, key)
		}
	}
}

// Counter counts what is open at the same time, by key.
type Counter[K comparable] struct {
	most int

	mu    sync.Mutex
	byKey map[K]int
}

// NewCounter makes a counter that counts to most for each key.
func NewCounter[K comparable](most int) *Counter[K] {
	return &Counter[K]{most: most, byKey: map[K]int{}}
}

// Enter counts one more, or refuses. Call Leave once for each that entered.
func (c *Counter[K]) Enter(key K) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[key] >= c.most {
		return false
	}
	c.byKey[key]++
	return true
}

// Leave counts one less.
func (c *Counter[K]) Leave(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[key]--; c.byKey[key] <= 0 {
		delete(c.byKey, key)
	}
}

// Count is how many of the key are open.
func (c *Counter[K]) Count(key K) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byKey[key]
}
