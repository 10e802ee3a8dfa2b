package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

const (
	// lateAfter is for how long something may wait in a queue until that is a fault.
	lateAfter = 5 * time.Minute
	// erasedAfter is for how long visitors may be on their way out of the homeserver, which
	// goes at ten events a second.
	erasedAfter = 24 * time.Hour
	// refusedLately is for how long what was set aside is a fault. It stays for as long as
	// its dialog, and nobody can do anything about what is older.
	refusedLately = 7 * 24 * time.Hour
	// fewDescriptors is the least limit of open files for more than a handful of visitors.
	fewDescriptors = 4096
	// littleFree is what the database's disk should have left, in bytes, for somebody to make
	// room in time.
	littleFree = 256 << 20
	// largeLog is a write-ahead log that somebody keeps from being emptied, in bytes.
	largeLog = 256 << 20
	// mostRead is up to which size a database is read through, in bytes.
	mostRead = 512 << 20
	// certificateEnds is how long before its end a certificate is spoken of.
	certificateEnds = 14 * 24 * time.Hour
	// clockApart is how far our clock and the homeserver's may be from each other.
	clockApart = 30 * time.Second
	// backupOld is the age from which on a backup is a fault.
	backupOld = 7 * 24 * time.Hour
)

// DoctorOptions say what is looked at and how it is written.
type DoctorOptions struct {
	// Config is the path of the config.
	Config string
	// Registration is the path of the registration; "" is registration.yaml beside the
	// config, where it may be missing.
	Registration string
	Look         Look
}

// Doctor looks at a running installation and writes a finding for each thing: what is
// wrong and what to do. It reads the database beside the bridge, and changes nothing
// but that the bot is registered if it was not. It returns ErrFaults if something is bad.
func Doctor(ctx context.Context, o DoctorOptions, w io.Writer) error {
	found := &findings{look: o.Look, w: w, brokenOff: ctx.Err}
	cfg := found.load(o.Config)
	if cfg == nil {
		return found.conclude()
	}
	c, err := newChecker(cfg, found)
	if err != nil {
		return err
	}
	c.running = true
	c.registration(o.Registration)
	c.chains()
	c.machine()
	c.backup()
	rooms := c.database(ctx)
	c.mail(ctx)
	c.mailCertificate(ctx)
	c.webhooks(ctx)
	c.assistants(ctx)
	reachable := c.homeserver(ctx)
	if reachable {
		c.clock(ctx)
	}
	if reachable && c.bot(ctx) {
		c.roomVersion(ctx)
		c.uploads(ctx)
		c.operators(ctx)
		c.rooms(ctx, rooms)
	}
	if c.bridge(ctx) {
		c.visitors(ctx)
		if reachable {
			c.ping(ctx)
		}
		c.metrics(ctx)
		if c.publicURL(ctx) {
			c.socket(ctx)
		}
	}
	c.certificate(ctx)
	c.limits()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return found.conclude()
}

// load reads the config as the bridge does, and tells of all that is wrong in it; nil if
// the bridge could not start with it.
func (f *findings) load(path string) *config.Config {
	cfg, err := config.Load(path)
	if err == nil {
		f.config(cfg)
		return cfg
	}
	if faults, ok := errors.AsType[config.Faults](err); ok {
		for _, fault := range faults {
			f.fail("config.fault", "%s", fault)
		}
	} else {
		f.fail("config.unreadable", "%s.", err)
	}
	// A bridge that runs follows some files, and passes over what is wrong in them.
	cfg, err = config.LoadToRun(path)
	if err != nil {
		return nil
	}
	return cfg
}

// conclude is end with a last line for people.
func (f *findings) conclude() error {
	if !f.look.JSON {
		switch n := f.bad(); n {
		case 0:
			f.write("\nNothing is wrong.\n")
		case 1:
			f.write("\n1 thing is wrong; its line begins with ✗ and says what to do.\n")
		default:
			f.write(fmt.Sprintf("\n%d things are wrong; their lines begin with ✗ and say what to do.\n", n))
		}
	}
	return f.end()
}
