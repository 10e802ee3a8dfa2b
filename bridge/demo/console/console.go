// Package console lets a person answer visitors from a terminal, as the
// operator of the demo. It is a small Matrix client: what it does, Element or
// any other does better, with the same account and at the same time.
package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// device is the console's device, the same at each start, so that starts do
// not pile up devices.
const device = "ANTEROOMDEMO"

const help = `
  text         answer the dialog in the prompt: the latest one, or the chosen one
  /2 text      answer dialog 2
  /2           choose dialog 2; /latest goes back to the latest one
  /list        all dialogs
  !help        what else you can do with the dialog: !visitor, !name, !tag, !close, …
  !panel       a link to the panel: who writes, all dialogs, deals, figures
  !!text       a text that begins with "!" is a command and stays here; with two it is sent
  /quit        stop everything, like Ctrl-C
`

// console is the state that the two loops share.
type console struct {
	client *mautrix.Client
	term   *Terminal

	mu      sync.Mutex
	dialogs []*dialog // number 1 is first
	rooms   map[id.RoomID]*dialog
	names   map[id.RoomID]string
	latest  *dialog // whose visitor wrote last
	chosen  *dialog // nil: answer the latest
	// sent are our own messages of this run, which need no echo.
	sent map[id.EventID]bool
}

// Run shows what visitors do and sends what the person types, until ctx ends
// or the person quits, both of which return nil.
func Run(ctx context.Context, terminal *Terminal, homeserverURL, userID, password string) error {
	client, err := mautrix.NewClient(homeserverURL, "", "")
	if err != nil {
		return fmt.Errorf("operator's client: %w", err)
	}
	_, err = client.Login(ctx, &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: userID},
		Password:   password, DeviceID: device, InitialDeviceDisplayName: "Demo terminal",
		StoreCredentials: true,
	})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("log in as the operator: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &console{
		client: client, term: terminal,
		rooms: map[id.RoomID]*dialog{}, names: map[id.RoomID]string{}, sent: map[id.EventID]bool{},
	}
	// Reading a terminal cannot be interrupted, so this goroutine may stay
	// until the process ends.
	quit := make(chan error, 1)
	go func() { quit <- c.read(ctx) }()
	synced := make(chan struct{})
	go func() {
		defer close(synced)
		c.sync(ctx)
	}()
	select {
	case <-ctx.Done():
	case err = <-quit:
		cancel()
	}
	<-synced
	return err
}

// read takes lines until the person quits; without a terminal the end of the
// input means nothing, for a demo in the background has none.
func (c *console) read(ctx context.Context) error {
	for {
		line, err := c.term.ReadLine()
		if errors.Is(err, io.EOF) {
			if c.term.Interactive() {
				return nil
			}
			<-ctx.Done()
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the terminal: %w", err)
		}
		if done := c.enter(ctx, strings.TrimSpace(line)); done {
			return nil
		}
	}
}

// enter does what a line says and reports whether it was /quit.
func (c *console) enter(ctx context.Context, line string) (quit bool) {
	command, rest, _ := strings.Cut(line, " ")
	number, notNumber := strconv.Atoi(strings.TrimPrefix(command, "/"))
	switch {
	case line == "":
	case !strings.HasPrefix(line, "/"):
		c.answer(ctx, c.current(), line)
	case strings.HasPrefix(line, "//"):
		c.answer(ctx, c.current(), line[1:])
	case command == "/help":
		c.say("%s", help)
	case command == "/list":
		c.list()
	case command == "/latest":
		c.choose(nil)
	case command == "/quit":
		return true
	case notNumber == nil:
		d := c.numbered(number)
		switch {
		case d == nil:
			c.say("There is no dialog %d; /list shows all.", number)
		case rest == "":
			c.choose(d)
		default:
			c.answer(ctx, d, strings.TrimSpace(rest))
		}
	default:
		c.say("%s is unknown; /help shows what there is. A message that begins with / is written with two.", command)
	}
	return false
}

func (c *console) answer(ctx context.Context, d *dialog, text string) {
	if d == nil {
		c.say("Nobody has written yet. Open the shop and write in the chat there.")
		return
	}
	// The lock keeps the echo back until its id is known as ours.
	c.mu.Lock()
	resp, err := c.client.SendMessageEvent(ctx, d.room, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgText, Body: text})
	if err == nil {
		c.sent[resp.EventID] = true
		d.remember(resp.EventID, c.client.UserID, text)
	}
	seen, now := d.lastHeard, time.Now()
	head := d.label()
	if err == nil && !c.term.Interactive() {
		head = d.head(now)
	}
	c.mu.Unlock()
	if err != nil {
		c.say("Not sent to %s: %s", head, reason(err))
		return
	}
	if !c.term.Interactive() {
		c.say("%s  %s %s %s", clock(now), head, "←", fold(text))
	}
	if seen != "" {
		// The visitor then sees that the message was read; the answer tells it too.
		_ = c.client.MarkRead(ctx, d.room, seen)
	}
}

// reason is the homeserver's own sentence where there is one.
func reason(err error) string {
	var httpErr mautrix.HTTPError
	if errors.As(err, &httpErr) && httpErr.RespError != nil {
		return httpErr.RespError.Err
	}
	return err.Error()
}

func (c *console) list() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.dialogs) == 0 {
		c.say("No dialogs yet.")
		return
	}
	for _, d := range c.dialogs {
		c.say("  %s  %s", c.term.Paint.Number(d.number, fmt.Sprintf("%2d", d.number)), d.line())
	}
}

func (c *console) choose(d *dialog) {
	c.mu.Lock()
	c.chosen = d
	c.aim()
	c.mu.Unlock()
	if d == nil {
		c.say("Answers go to whoever wrote last.")
		return
	}
	c.say("Answers go to %s.", d.label())
}

func (c *console) numbered(n int) *dialog {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n < 1 || n > len(c.dialogs) {
		return nil
	}
	return c.dialogs[n-1]
}

func (c *console) current() *dialog {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.target()
}

// target is whom a plain line answers; the caller holds the lock.
func (c *console) target() *dialog {
	if c.chosen != nil {
		return c.chosen
	}
	return c.latest
}

// say writes a line above the prompt.
func (c *console) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.term, format+"\n", args...) // a terminal that is gone shows nothing
}

// aim shows in the prompt whom a plain line answers; the caller holds the lock.
func (c *console) aim() {
	if d := c.target(); d != nil {
		c.term.Prompt(c.term.Paint.Number(d.number, d.label()) + " › ")
	}
}

func clock(at time.Time) string { return at.Format("15:04") }
