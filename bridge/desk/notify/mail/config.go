package mail

import "github.com/anteroom-chat/anteroom/bridge/config"

// Of makes a mailer for the server that a config names; it connects to nobody.
func Of(m config.Mail) (*Mailer, error) {
	return New(Options{
		Host: m.Host, Port: m.Port, Security: Security(m.Security), Username: m.Username, Password: m.Password, From: m.From,
	})
}
