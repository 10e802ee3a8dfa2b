package gateway

import (
	"fmt"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

func TestMessagesOverTheRateAreRefused(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Gateway.Limits.MessagesPerMinute, cfg.Gateway.Limits.MessagesBurst = 6, 3
	})
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	for i := range 3 {
		c.message(chat.ClientID(fmt.Sprintf("message-%d", i)), "x")
	}
	c.say(&wire.Message{T: wire.TypeMessage, Client: "message-3", Text: "x"})
	e := c.refused(chat.CodeTooFast)
	if e.Client != "message-3" || e.RetryAfter < 9000 || e.RetryAfter > 10_000 {
		t.Errorf("refused with %+v", e)
	}
	// Another tab is the same visitor; another visitor is not.
	c, _ = d.enter(secret, nil)
	c.say(&wire.Message{T: wire.TypeMessage, Client: "message-3", Text: "x"})
	c.refused(chat.CodeTooFast)
	c, _ = d.enter(newSecret(), nil)
	c.message("message-0", "x")
}

func TestNewVisitorsOfAnAddressAreCountedAndKnownOnesAreNot(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Gateway.Limits.SessionsPerMinute = 2
		cfg.Gateway.TrustedProxies = make([]config.Prefix, 1)
		must(t, cfg.Gateway.TrustedProxies[0].UnmarshalText([]byte("127.0.0.1")))
	})
	office := []string{"X-Forwarded-For", "192.0.2.7"}
	known := newSecret()
	d.enter(known, nil, office...)
	d.enter(newSecret(), nil, office...)
	c := d.dial(office...)
	c.say(&wire.Hello{T: wire.TypeHello, Secret: newSecret()})
	if e := c.refused(chat.CodeTooFast); e.RetryAfter <= 0 {
		t.Errorf("refused with %+v", e)
	}
	if code := c.closed(); code != wire.CloseReconnect {
		t.Errorf("closed with %d", code)
	}
	if d.logs.count("raise gateway.limits") != 1 || d.logs.count("192.0.2.7") != 0 {
		t.Errorf("an office met its limit; logged:\n%s", d.logs.out.String())
	}
	for range 5 {
		d.enter(known, nil, office...)
	}
	d.enter(newSecret(), nil, "X-Forwarded-For", "192.0.2.8")
}

// Each hello costs questions to the database, also that of a known visitor.
func TestHellosOfAnAddressAreCounted(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.SocketsPerAddress = 2 })
	secret := newSecret()
	for range 4 {
		d.exchange(secret, nil, 0)
	}
	response, err := d.post(t.Context(), wire.Exchange{Hello: wire.Hello{T: wire.TypeHello, Secret: secret}})
	must(t, err)
	if e := refusal(t, response, bodyOf(response), chat.CodeTooFast); e.RetryAfter <= 4000 || e.RetryAfter > 5000 {
		t.Errorf("refused with %+v, want a wait of five seconds: two hellos in ten", e)
	}
	c := d.dial()
	c.say(&wire.Hello{T: wire.TypeHello, Secret: secret})
	c.refused(chat.CodeTooFast)
	if code := c.closed(); code != wire.CloseReconnect {
		t.Errorf("closed with %d", code)
	}
}

func TestNewDialogsOfAnAddressAreCountedAndOldOnesAreNot(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.DialogsPerHour = 1 })
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	c.say(&wire.Message{T: wire.TypeMessage, Client: "message-0", Text: " "})
	c.refused(chat.CodeEmpty) // costs nothing
	c.message("message-1", "x")
	c.message("message-2", "x")
	again, _ := d.enter(secret, nil)
	again.message("message-3", "x")
	other, _ := d.enter(newSecret(), nil)
	other.say(&wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "x"})
	if e := other.refused(chat.CodeTooFast); e.RetryAfter < time.Minute.Milliseconds() {
		t.Errorf("refused with %+v", e)
	}
}

func TestNewDialogsOfASiteAreCounted(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.SiteDialogsPerHour = 1 })
	c, _ := d.enter(newSecret(), nil)
	c.message("message-1", "x")
	c, _ = d.enter(newSecret(), nil)
	for range 2 {
		c.say(&wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "x"})
		c.refused(chat.CodeTooFast)
	}
	if n := d.logs.count("raise gateway.limits.site_dialogs_per_hour"); n != 1 {
		t.Errorf("whoever runs the bridge is told %d times; logged:\n%s", n, d.logs.out.String())
	}
}

func TestTabKnowsThatAnotherTabHasActed(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.DialogsPerHour = 1 })
	secret := newSecret()
	one, _ := d.enter(secret, nil)
	two, _ := d.enter(secret, nil)
	one.message("message-1", "x")
	take[wire.NewEntry](two, wire.TypeEntry)
	two.message("message-2", "x")
}

func TestSocketsAreCountedByVisitorAndByAddress(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Gateway.Limits.SocketsPerVisitor, cfg.Gateway.Limits.SocketsPerAddress = 2, 3
	})
	secret := newSecret()
	first, _ := d.enter(secret, nil)
	d.enter(secret, nil)
	c := d.dial()
	c.say(&wire.Hello{T: wire.TypeHello, Secret: secret})
	if e := c.refused(chat.CodeTooManySockets); e.RetryAfter <= 0 {
		t.Errorf("refused with %+v", e)
	}
	if code := c.closed(); code != wire.CloseReconnect {
		t.Errorf("closed with %d", code)
	}
	_ = c.conn.Close()
	eventually(t, "the refused socket is gone", func() bool { return d.sockets() == 2 })
	d.enter(newSecret(), nil)
	for range 2 {
		c := d.dial()
		c.refused(chat.CodeTooManySockets) // before any hello
		_ = c.conn.Close()
	}
	if n := d.logs.count("gateway.trusted_proxies"); n != 1 || d.logs.count("127.0.0.1") != 0 {
		t.Errorf("the admin is told %d times that everybody comes from one address:\n%s", n, d.logs.out.String())
	}
	must(t, first.conn.Close())
	eventually(t, "a closed tab makes room", func() bool { return d.dialog.Connections(d.visitor(secret)) == 1 && d.sockets() == 2 })
	d.enter(secret, nil)
}

// sockets is how many the heart holds.
func (d *door) sockets() (n int) {
	for slot := range wheelSlots {
		n += len(d.gateway.heart.in(slot))
	}
	return n
}

func TestUploadsAreCounted(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.UploadsPerHour = 2 })
	c, _ := d.enter(newSecret(), nil)
	for i := range 2 {
		c.say(&wire.Upload{T: wire.TypeUpload, Client: chat.ClientID(fmt.Sprintf("upload-%02d", i)), Name: "x", Size: 1})
		take[wire.Upload](c, wire.TypeUpload)
	}
	c.say(&wire.Upload{T: wire.TypeUpload, Client: "upload-03", Name: "x", Size: 1})
	c.refused(chat.CodeTooFast)
}

// A visitor costs nothing to make, so the disk is shared out by address.
func TestBytesOfFilesAreCountedByAddress(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Gateway.Limits.UploadBytesPerHour = 2500
		cfg.Sites["shop"].Files.MaxSize = 1000
		cfg.Gateway.TrustedProxies = make([]config.Prefix, 1)
		must(t, cfg.Gateway.TrustedProxies[0].UnmarshalText([]byte("127.0.0.1")))
	})
	announce := func(c *tab, client chat.ClientID, size int64) {
		t.Helper()
		c.say(&wire.Upload{T: wire.TypeUpload, Client: client, Name: "x", Size: size})
	}
	taken := func(c *tab, client chat.ClientID, size int64) {
		t.Helper()
		announce(c, client, size)
		take[wire.Upload](c, wire.TypeUpload)
	}
	home := []string{"X-Forwarded-For", "192.0.2.7"}
	one, _ := d.enter(newSecret(), nil, home...)
	two, _ := d.enter(newSecret(), nil, home...)
	taken(one, "upload-01", 1000)
	for range 5 { // a transfer that breaks off on a bad line comes again
		taken(one, "upload-01", 1000)
	}
	for size, code := range map[int64]chat.Code{-1 << 40: chat.CodeEmpty, 0: chat.CodeEmpty, 1001: chat.CodeTooLarge, 1 << 62: chat.CodeTooLarge} {
		announce(two, "upload-02", size)
		two.refused(code)
	}
	taken(two, "upload-03", 1000)
	announce(two, "upload-04", 600)
	if e := two.refused(chat.CodeTooFast); e.RetryAfter < 140_000 || e.RetryAfter > 144_000 {
		t.Errorf("refused with %+v, want the time of 100 bytes: 144 seconds", e)
	}
	taken(two, "upload-05", 500)
	elsewhere, _ := d.enter(newSecret(), nil, "X-Forwarded-For", "192.0.2.8")
	taken(elsewhere, "upload-06", 1000)
}

// A transfer that breaks off comes again, as often as the line is bad: it is one file.
func TestAFileThatComesAgainIsCountedOnce(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.UploadsPerHour = 2 })
	c, _ := d.enter(newSecret(), nil)
	for _, client := range []chat.ClientID{"upload-01", "upload-01", "upload-01", "upload-02"} {
		c.say(&wire.Upload{T: wire.TypeUpload, Client: client, Name: "x", Size: 1})
		take[wire.Upload](c, wire.TypeUpload)
	}
	c.say(&wire.Upload{T: wire.TypeUpload, Client: "upload-03", Name: "x", Size: 1})
	c.refused(chat.CodeTooFast)
}

func TestRefusedFileCostsNoBytes(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Gateway.Limits.UploadBytesPerHour = 1000
		cfg.Gateway.Limits.FilesWaiting = 1
	})
	c, _ := d.enter(newSecret(), nil)
	c.say(&wire.Upload{T: wire.TypeUpload, Client: "upload-01", Name: "x", Size: 1})
	take[wire.Upload](c, wire.TypeUpload)
	for range 3 {
		c.say(&wire.Upload{T: wire.TypeUpload, Client: "upload-02", Name: "x", Size: 900})
		c.refused(chat.CodeTooManyFiles)
	}
}

func TestFramesAreHeldBackNotRefused(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	began := time.Now()
	const more = 10
	for range framesBurst + more {
		c.say(&wire.Ping{T: wire.TypePing})
	}
	for range framesBurst + more {
		take[wire.Pong](c, wire.TypePong)
	}
	if took := time.Since(began); took < (more-1)*time.Second/framesPerSecond {
		t.Errorf("%d frames were taken in %s", framesBurst+more, took)
	}
}
