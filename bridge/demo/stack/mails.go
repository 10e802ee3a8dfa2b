package stack

import (
	"crypto/sha256"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// mailsSite is a further site for the shop's pages, whose visitors get mails.
const mailsSite = "mails"

// mailConfig is how the bridge reaches a mail server in clear, at host:port of this machine.
func mailConfig(address string) (yamlMap, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, err
	}
	return yamlMap{"host": host, "port": port, "security": "none", "from": "Glina <chat@glina.example>"}, nil
}

func mailsConfig(facts Facts) yamlMap {
	return yamlMap{
		"name": "Glina", "origins": []string{strings.TrimSuffix(facts.VisitorURL, "/")}, "operators": []string{facts.Operator.UserID},
		"invite": "everyone",
		// As soon as the config allows.
		"mail_visitors": yamlMap{"transcript": true, "answers": true, "after": "10s", "most_a_day": 50},
		// Tests send hundreds of vectors here, as visitors and as a program that has the secret of Facts.
		"max_length": 4000,
		"api": yamlMap{"tokens": []yamlMap{{
			"name": "tests", "hash": fmt.Sprintf("sha256-%x", sha256.Sum256([]byte(facts.IdentitySecret))),
			"scopes": []string{"contacts:write", "deals:write", "messages:write"},
		}}},
		"widget": yamlMap{
			"title": yamlMap{"en": "Glina", "ru": "Глина", "ar": "غلينا"},
			"color": "#a2481f",
		},
	}
}
