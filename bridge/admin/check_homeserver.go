package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
)

func (c *checker) homeserver(ctx context.Context) bool {
	address := c.cfg.Homeserver.Address
	versions, err := c.client.Versions(ctx)
	switch {
	case strange(err), err == nil && len(versions.Versions) == 0:
		c.fail("homeserver.other_program", "%s answers, but not like a Matrix homeserver: check homeserver.address.", address)
		return false
	case err != nil:
		c.fail("homeserver.silent", "%s does not answer (%s): check homeserver.address and that the homeserver runs.", address, why(err))
		return false
	}
	name, version := c.software(ctx)
	if name == "" {
		c.good("homeserver", "%s answers.", address)
		return true
	}
	c.good("homeserver", "%s answers (%s %s).", address, name, version)
	c.habits(name, version)
	return true
}

// software is the homeserver's name and version, or empty: not all tell.
func (c *checker) software(ctx context.Context) (name, version string) {
	var told struct {
		Server struct{ Name, Version string }
	}
	code, body, err := c.get(ctx, c.cfg.Homeserver.Address+"/_matrix/federation/v1/version")
	if err != nil || code != http.StatusOK || json.Unmarshal(body, &told) != nil {
		return "", ""
	}
	return told.Server.Name, told.Server.Version
}

// bot registers the bot as the bridge does at its start, and sees whether the
// homeserver takes the token for the bot's.
func (c *checker) bot(ctx context.Context) bool {
	_, _, err := c.client.Register(ctx, &mautrix.ReqRegister[any]{
		Username:     c.cfg.AppService.Bot.Username,
		Type:         mautrix.AuthTypeAppservice,
		InhibitLogin: true,
	})
	registered := "registered"
	switch {
	case err == nil:
		registered = "registered now"
	case errors.Is(err, mautrix.MUserInUse):
	case errors.Is(err, mautrix.MUnknownToken), errors.Is(err, mautrix.MForbidden), errors.Is(err, mautrix.MMissingToken):
		c.unknownToken(err)
		return false
	case errors.Is(err, mautrix.MExclusive):
		c.fail("bot.not_in_registration", "The homeserver knows the token, but not for %s: write the registration anew with \"anteroom registration\", copy it there, and restart the homeserver.", c.cfg.BotUserID())
		return false
	default:
		c.fail("bot.refused", "The homeserver refuses to register %s (%s): write the registration anew with \"anteroom registration\", copy it there, and restart the homeserver.", c.cfg.BotUserID(), why(err))
		return false
	}
	who, err := c.client.Whoami(ctx)
	switch {
	case err != nil:
		c.unknownToken(err)
		return false
	case who.UserID != c.cfg.BotUserID():
		c.fail("as_token.other_user", "The homeserver takes the token for %s and not for %s: check homeserver.domain and appservice.bot.username, then write the registration anew.", who.UserID, c.cfg.BotUserID())
		return false
	}
	c.good("as_token", "The homeserver accepts it.")
	c.good("bot", "%s is %s.", who.UserID, registered)
	return true
}

func (c *checker) unknownToken(err error) {
	c.fail("as_token.unknown", "The homeserver does not know it (%s): name the file that \"anteroom registration\" writes, or a copy of it as it is now, in the homeserver's config, and restart the homeserver.", why(err))
}

// roomVersion finds the version of new rooms: the config's, else the server's
// default if the bridge is tested with it, else the newest that is. Empty means
// that it is the homeserver's choice.
func (c *checker) roomVersion(ctx context.Context) id.RoomVersion {
	want := id.RoomVersion(c.cfg.Homeserver.RoomVersion)
	capabilities, err := c.client.Capabilities(ctx)
	switch {
	case err != nil:
		c.note("room_version.untold", "The homeserver does not say which it can make (%s).", why(err))
		return want
	case capabilities.RoomVersions == nil:
		c.note("room_version.untold", "The homeserver does not say which it can make.")
		return want
	}
	var available []id.RoomVersion
	for _, version := range slices.Sorted(maps.Keys(capabilities.RoomVersions.Available)) {
		available = append(available, id.RoomVersion(version))
	}
	byDefault := id.RoomVersion(capabilities.RoomVersions.Default)
	tested := recipe.Versions()
	newest := slices.IndexFunc(tested, func(v id.RoomVersion) bool { return slices.Contains(available, v) })
	switch {
	case want != "" && !slices.Contains(available, want):
		c.fail("room_version.missing", "The homeserver cannot make rooms of version %s; it can make %v: change homeserver.room_version.", want, available)
	case want != "":
		c.good("room_version", "%s, as configured.", want)
	case slices.Contains(tested, byDefault):
		c.good("room_version", "%s, the homeserver's default.", byDefault)
		return byDefault
	case newest >= 0:
		c.good("room_version", "%s, as the bridge is not tested with the homeserver's default %s.", tested[newest], byDefault)
		return tested[newest]
	default:
		c.fail("room_version.too_old", "The homeserver makes none of the versions %v, but %v: upgrade it.", tested, available)
	}
	return want
}

// encryption finds out whether the homeserver encrypts new rooms unasked, which
// no API tells: it makes a room as the bridge makes them, looks, and goes away.
// The room is never offered to other servers, so nothing of it remains outside.
func (c *checker) encryption(ctx context.Context, version id.RoomVersion) {
	room, err := c.client.CreateRoom(ctx, c.room(version))
	if err != nil {
		c.fail("encryption.no_rooms", "The bot cannot make rooms (%s): the homeserver's config may forbid it.", why(err))
		return
	}
	var encryption event.EncryptionEventContent
	err = c.client.StateEvent(ctx, room.RoomID, event.StateEncryption, "", &encryption)
	switch {
	case errors.Is(err, mautrix.MNotFound):
		c.good("encryption", "New rooms of the bridge are not encrypted, as it needs.")
	case err != nil:
		c.note("encryption.untold", "It cannot be told whether new rooms are encrypted (%s).", why(err))
	default:
		c.fail("encryption.forced", "%s encrypts every new room, so the bridge could not read operators' answers: set encryption_enabled_by_default_for_room_type to \"invite\" or \"off\" in Synapse.", c.cfg.Homeserver.Domain)
	}
	// Leaving also when the admin pressed Ctrl-C meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
	defer cancel()
	if _, err := c.client.LeaveRoom(ctx, room.RoomID); err != nil {
		c.note("cleaning_up.room_left", "The bot could not leave the room %s that this check made (%s).", room.RoomID, why(err))
		return
	}
	// Not every homeserver forgets for application services; nothing depends on it.
	_, _ = c.client.ForgetRoom(ctx, room.RoomID)
}

// room is what the bridge asks for when it makes a site's space, without what
// would make other programs or the bridge itself take it for one.
func (c *checker) room(version id.RoomVersion) *mautrix.ReqCreateRoom {
	siteID := slices.Min(slices.Collect(maps.Keys(c.cfg.Sites)))
	request := recipe.Space(c.cfg, c.cfg.Sites[siteID], version)
	request.Name = "Anteroom check"
	request.RoomAliasName = ""
	request.CreationContent = map[string]any{"m.federate": false}
	request.InitialState = slices.DeleteFunc(request.InitialState, func(e *event.Event) bool { return e.Type == recipe.TypeSpace })
	return request
}

// uploads compares what sites accept with what the homeserver accepts.
func (c *checker) uploads(ctx context.Context) {
	media, err := c.client.GetMediaConfig(ctx)
	if err != nil || media.UploadSize <= 0 {
		c.note("uploads.untold", "The homeserver does not say how large files may be.")
		return
	}
	most := config.Size(media.UploadSize)
	fits := true
	for _, siteID := range slices.Sorted(maps.Keys(c.cfg.Sites)) {
		if files := c.cfg.Sites[siteID].Files; files.Enabled && files.MaxSize > most {
			fits = false
			c.fail("uploads.too_large", "sites.%s.files.max_size is %s, but the homeserver takes %s at most: lower it, or raise the homeserver's limit.", siteID, files.MaxSize, most)
		}
	}
	if fits {
		c.good("uploads", "The homeserver takes files of %s, and no site accepts larger ones.", most.Rounded())
	}
}

// operators looks for users who do not exist: a slip of the pen otherwise
// shows only when nobody answers.
func (c *checker) operators(ctx context.Context) {
	found, local := map[id.UserID]bool{}, 0
	missing := false
	for _, siteID := range slices.Sorted(maps.Keys(c.cfg.Sites)) {
		for _, operator := range c.cfg.Sites[siteID].Operators {
			if found[operator] || operator.Homeserver() != c.cfg.Homeserver.Domain {
				continue
			}
			found[operator] = true
			local++
			if _, err := c.client.GetProfile(ctx, operator); status(err) == http.StatusNotFound {
				missing = true
				c.fail("operators.unknown", "%s of site %s does not exist on the homeserver: make that user, or correct sites.%s.operators.", operator, siteID, siteID)
			}
		}
	}
	if !missing && local > 0 {
		c.good("operators", "All operators of this homeserver exist (%d).", local)
	}
}

// openID tells of a listener that operators' web panels need.
func (c *checker) openID(ctx context.Context) {
	code, _, err := c.get(ctx, c.cfg.Homeserver.Address+"/_matrix/federation/v1/openid/userinfo?access_token=anteroom-check")
	const links = "Operators can sign in to the panel by the link of !panel alone"
	switch {
	case !c.anyPanel():
		c.note("openid.unused", "No site has a panel, so nothing asks the homeserver who somebody is.")
	case err != nil:
		c.note("openid.silent", "The homeserver does not answer at its OpenID path (%s). %s.", why(err), links)
	case code == http.StatusUnauthorized:
		c.good("openid", "The homeserver confirms who signs in to the panel.")
	default:
		c.note("openid.missing", "The homeserver has no OpenID here (%d). %s. On Synapse add the resource \"openid\" to the listener of homeserver.address.", code, links)
	}
}

func (c *checker) anyPanel() bool {
	for _, site := range c.cfg.Sites {
		if site.Panel.Enabled {
			return true
		}
	}
	return false
}

// get fetches a small body.
func (c *checker) get(ctx context.Context, address string) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	return c.do(request)
}

func (c *checker) do(request *http.Request) (code int, body []byte, err error) {
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	const most = 64 << 10
	body, err = io.ReadAll(io.LimitReader(response.Body, most))
	return response.StatusCode, body, err
}
