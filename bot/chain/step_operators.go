package chain

import (
	"errors"
	"regexp"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

var errTooDeep = errors.New("the chains call one another without end")

// openStep shows the dialog to the operators; the bot goes on.
type openStep struct {
	Common `yaml:",inline"`
	Open   hand `yaml:"open" doc:"Lists the dialog as open and tells the operators, while the bot goes on."`
}

// handoffStep gives the dialog to the operators, and the bot stops.
type handoffStep struct {
	Common  `yaml:",inline"`
	Handoff handoff `yaml:"handoff" doc:"Calls a person; the bot is silent until it is switched on."`
}

// hand is how a dialog is given to the operators.
type hand struct {
	Say    value.Words `yaml:"say" doc:"What the visitor reads."`
	Assign string      `yaml:"assign" doc:"The operator who gets the dialog: @user:server."`
	Notify []channel   `yaml:"notify" doc:"How operators are told: mention, email, webhook; as the site's alerts say if nothing is said."`
	Reason value.Words `yaml:"reason" doc:"What operators read: why they are called."`
}

type handoff struct {
	hand
	PauseBot source.Duration `yaml:"pause_bot" doc:"How long the bot is silent; without it, until the dialog is closed."`
	IfNobody Target          `yaml:"if_nobody" doc:"Where to go when no operator is on duty; nobody is called then."`
}

type channel talk.Channel

// Words are the channels.
func (channel) Words() []string {
	return []string{string(talk.Mention), string(talk.Email), string(talk.Webhook)}
}

// userID is the form of a Matrix user id (Matrix specification, appendix 4.2).
var userID = regexp.MustCompile(`^@[^:\s]+:[^\s]+$`)

func (h *hand) check(c *checker, s *Step) {
	const maxReason = 500
	c.words(&h.Say, MaxText)
	c.words(&h.Reason, maxReason)
	if h.Assign != "" && !userID.MatchString(h.Assign) {
		c.fault(s.Pos, "bad_user", "%q is not a Matrix user id; write it like @anna:example.com.", h.Assign)
	}
}

func (h *hand) do(t *Turn, s *Step, a talk.Hand) {
	if text := t.say(s, &h.Say); text != "" {
		t.Do(talk.Say{Text: text})
	}
	a.Assign, a.Reason = h.Assign, t.say(s, &h.Reason)
	for _, via := range h.Notify {
		a.Notify = append(a.Notify, talk.Channel(via))
	}
	t.Do(a)
}

func (o *openStep) check(c *checker, s *Step) { o.Open.check(c, s) }

func (o *openStep) run(t *Turn, s *Step) Outcome {
	o.Open.do(t, s, talk.Hand{})
	return s.then()
}

func (o *handoffStep) targets() []*Target { return []*Target{&o.Handoff.IfNobody} }

func (*handoffStep) after() bool { return false }

func (o *handoffStep) check(c *checker, s *Step) { o.Handoff.check(c, s) }

func (o *handoffStep) run(t *Turn, s *Step) Outcome {
	if to := &o.Handoff.IfNobody; !to.IsZero() && t.In.Facts.Operators == 0 {
		return Outcome{To: to.step}
	}
	o.Handoff.do(t, s, talk.Hand{Stop: true, Pause: o.Handoff.PauseBot.Std()})
	return end()
}

// closeStep closes the dialog.
type closeStep struct {
	Common `yaml:",inline"`
	Close  struct{} `yaml:"close" doc:"Closes the dialog."`
}

func (*closeStep) check(*checker, *Step) {}

func (*closeStep) run(t *Turn, s *Step) Outcome {
	t.Do(talk.Close{})
	return s.then()
}
