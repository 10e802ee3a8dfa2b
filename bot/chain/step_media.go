package chain

import (
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// imageStep shows a picture.
type imageStep struct {
	Common  `yaml:",inline"`
	Image   media       `yaml:"image" need:"true" doc:"A picture: a file of the folder, or an https URL in which {{ }} puts values behind the host."`
	Caption value.Words `yaml:"caption" doc:"What stands below it."`
}

// fileStep gives a file to download.
type fileStep struct {
	Common  `yaml:",inline"`
	File    media       `yaml:"file" need:"true" doc:"A file to download: one of the folder, or an https URL in which {{ }} puts values behind the host."`
	Caption value.Words `yaml:"caption" doc:"What stands below it."`
}

func (m *imageStep) check(c *checker, _ *Step) {
	m.Image.check(c, true)
	c.words(&m.Caption, MaxText)
}

func (m *imageStep) run(t *Turn, s *Step) Outcome {
	t.Do(talk.Say{Text: t.say(s, &m.Caption), Media: m.Image.shown(t, s, true)})
	return s.then()
}

func (m *fileStep) check(c *checker, _ *Step) {
	m.File.check(c, false)
	c.words(&m.Caption, MaxText)
}

func (m *fileStep) run(t *Turn, s *Step) Outcome {
	t.Do(talk.Say{Text: t.say(s, &m.Caption), Media: m.File.shown(t, s, false)})
	return s.then()
}
