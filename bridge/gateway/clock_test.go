package gateway

import (
	"testing"
	"time"
	"unsafe"

	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// jumped is what time.Now returns after the time of day was set by that much:
// another wall clock, the same monotonic one.
func jumped(t *testing.T, now time.Time, by time.Duration) time.Time {
	t.Helper()
	const secondsAt = 30 // see the fields of time.Time
	out := now
	*(*uint64)(unsafe.Pointer(&out)) += uint64(int64(by/time.Second) << secondsAt)
	if moved := out.Round(0).Sub(now.Round(0)); moved != by || out.Sub(now) != 0 {
		t.Fatalf("the clocks moved by %s and %s, want %s and 0", moved, out.Sub(now), by)
	}
	return out
}

func TestSocketsOutliveAJumpOfTheClock(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	beat := func(now time.Time) {
		for slot := range wheelSlots {
			for _, s := range d.gateway.heart.in(slot) {
				s.beat(now)
			}
		}
	}
	beat(jumped(t, time.Now(), time.Hour))
	c.say(&wire.Ping{T: wire.TypePing})
	take[wire.Pong](c, wire.TypePong)

	silent := time.Now().Add(d.gateway.pacing.dead + time.Second)
	beat(jumped(t, silent, -time.Hour))
	eventually(t, "a silent socket is given up all the same", func() bool { return d.sockets() == 0 })
}
