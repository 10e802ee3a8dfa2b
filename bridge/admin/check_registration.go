package admin

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
	"maunium.net/go/mautrix/appservice"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// registrationName is the file beside the config if none is named.
const registrationName = "registration.yaml"

// registration compares the file that the homeserver should use with the config. The
// homeserver may have a copy: what it really uses is seen by asking it (bot, ping).
func (c *checker) registration(path string) {
	named := path != ""
	path = cmp.Or(path, filepath.Join(filepath.Dir(c.cfg.Path), registrationName))
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		c.note("registration.missing", "There is no %s. If the homeserver has it elsewhere, name it with -registration; if it has none, make it with \"anteroom registration\".", path)
		return
	case errors.Is(err, fs.ErrPermission):
		c.fail("registration.unreadable", "This user may not read %s: run this as the user of the bridge.", path)
		return
	case err != nil:
		c.fail("registration.unreadable", "%s cannot be read (%s): name another with -registration.", path, why(err))
		return
	}
	var there appservice.Registration
	if err := yaml.Unmarshal(data, &there); err != nil {
		c.fail("registration.unreadable", "%s is no registration (%s): write it anew with \"anteroom registration\".", path, firstLine(strings.ReplaceAll(err.Error(), "\n", " ")))
		return
	}
	if wrong := c.differs(&there); wrong != nil {
		for _, f := range wrong {
			c.fail("registration."+f.code, "%s: %s Then copy it to where the homeserver reads it, and restart the homeserver.", path, f.text)
		}
		return
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o004 != 0 {
		c.note("registration.readable", "Every user of this machine can read the tokens in it: chmod o= %s", path)
	}
	c.good("registration", "%s says what the config does.", path)
}

// difference is what a registration says otherwise than it should.
type difference struct{ code, text string }

func (c *checker) differs(there *appservice.Registration) (wrong []difference) {
	wanted := NewRegistration(c.cfg)
	const anew = " Write it anew with \"anteroom registration\"."
	add := func(code, format string, args ...any) {
		wrong = append(wrong, difference{code, fmt.Sprintf(format, args...)})
	}
	if there.AppToken != wanted.AppToken || there.ServerToken != wanted.ServerToken {
		add("tokens", "its tokens are not those of the config. If the homeserver uses this file, copy as_token and hs_token from it into the config; else remove it and run \"anteroom registration\".")
	}
	if there.ID != wanted.ID {
		add("id", "its id is %q, and appservice.id is %q.%s", there.ID, wanted.ID, anew)
	}
	if there.URL != wanted.URL {
		add("url", "the homeserver is to reach the bridge at %q, and appservice.address is %q.%s", there.URL, wanted.URL, anew)
	}
	if there.SenderLocalpart != wanted.SenderLocalpart {
		add("bot", "its bot is %q, and appservice.bot.username is %q.%s", there.SenderLocalpart, wanted.SenderLocalpart, anew)
	}
	if there.RateLimited == nil || *there.RateLimited {
		add("rate_limited", "the homeserver may slow the bridge down, since it does not say rate_limited: false.%s", anew)
	}
	if !there.EphemeralEvents || !there.SoruEphemeralEvents {
		add("ephemeral", "Synapse would not tell the bridge who types and who has read, since receive_ephemeral and de.sorunome.msc2409.push_ephemeral are not both true.%s", anew)
	}
	return append(wrong, c.namespaces(there)...)
}

// namespaces looks whether the bridge's users and rooms are its own, and nobody else's are.
func (c *checker) namespaces(there *appservice.Registration) (wrong []difference) {
	const anew = " Write it anew with \"anteroom registration\"."
	visitor := chat.NewVisitorID()
	for _, user := range []struct {
		who string
		id  id.UserID
	}{{"the bot", c.cfg.BotUserID()}, {"visitors", c.cfg.GhostUserID(visitor)}, {"receipts", c.cfg.DeliveredUserID()}} {
		if !within(there.Namespaces.UserIDs, string(user.id), true) {
			wrong = append(wrong, difference{"users", fmt.Sprintf("%s would not belong to the bridge alone: namespaces.users has nothing exclusive for %s.%s", user.who, user.id, anew)})
		}
	}
	if alias := "#" + strings.TrimPrefix(string(c.cfg.GhostUserID(visitor)), "@"); !within(there.Namespaces.RoomAliases, alias, true) {
		wrong = append(wrong, difference{"aliases", fmt.Sprintf("rooms could not have their aliases: namespaces.aliases has nothing exclusive for %s.%s", alias, anew)})
	}
	var theirs []string
	for _, site := range c.cfg.Sites {
		for _, operator := range site.Operators {
			if within(there.Namespaces.UserIDs, string(operator), true) {
				theirs = append(theirs, string(operator))
			}
		}
	}
	if slices.Sort(theirs); len(theirs) > 0 {
		wrong = append(wrong, difference{"operators", fmt.Sprintf("namespaces.users takes people for users of the bridge, so that they can neither register nor log in everywhere: %s.%s", strings.Join(slices.Compact(theirs), ", "), anew)})
	}
	return wrong
}

// within reports whether a name is in a namespace.
func within(list appservice.NamespaceList, name string, exclusive bool) bool {
	return slices.ContainsFunc(list, func(n appservice.Namespace) bool {
		expression, err := regexp.Compile(n.Regex)
		return err == nil && n.Exclusive == exclusive && expression.MatchString(name)
	})
}
