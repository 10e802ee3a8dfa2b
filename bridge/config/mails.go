package config

import (
	"net/mail"
	"time"
)

// MailVisitors says which mails a site's visitors get; none by default.
type MailVisitors struct {
	// Transcript lets visitors have their conversation sent to an address.
	Transcript bool `yaml:"transcript"`
	// Answers has what nobody has read sent to visitors whose address is known.
	Answers bool `yaml:"answers"`
	// After is how long a message stays unread until a mail tells of it and all after it.
	After Duration `yaml:"after"`
	// MostADay is how many of those mails a visitor gets in 24 hours, and an address.
	MostADay int `yaml:"most_a_day"`
	// LinkFor is how long the link in them opens the dialog, once.
	LinkFor Duration `yaml:"link_for"`
	// ReplyTo is where answers to them go; empty is mail.from.
	ReplyTo string `yaml:"reply_to"`
}

func defaultMailVisitors() MailVisitors {
	const after, linkFor, most = 10 * time.Minute, 7 * day, 4
	return MailVisitors{After: Duration(after), LinkFor: Duration(linkFor), MostADay: most}
}

// The bounds of what can be said of mails to visitors.
const (
	leastMailAfter = 10 * time.Second
	mostMailsADay  = 50
)

func (d *document) validateMailVisitors(cfg *Config, m *MailVisitors, path string) {
	for _, on := range []struct {
		key string
		is  bool
	}{{"transcript", m.Transcript}, {"answers", m.Answers}} {
		if on.is && cfg.Mail.Host == "" {
			d.fault(path+"."+on.key, "%s.%s: without mail.host no mail can be sent.", path, on.key)
		}
	}
	if m.After == 0 {
		d.fault(path+".after", "%s.after: a mail for every message at once would come while its visitor reads; give it 10s or more.", path)
	}
	d.span(path+".after", m.After, leastMailAfter, 7*day)
	d.number(path+".most_a_day", m.MostADay, 1, mostMailsADay)
	if m.LinkFor == 0 {
		d.fault(path+".link_for", "%s.link_for: a link that opens nothing is of no use; give it 1h or more.", path)
	}
	d.span(path+".link_for", m.LinkFor, time.Hour, 30*day)
	if m.ReplyTo == "" {
		return
	}
	if _, err := mail.ParseAddress(m.ReplyTo); err != nil {
		d.fault(path+".reply_to", "%s.reply_to: %q is not an address like ann@example.com.", path, m.ReplyTo)
	}
}
