package bridge_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// twoSites adds a site with an operator of its own to the shop's.
const twoSites = `  blog:
    name: Blog
    origins: ["http://blog.test"]
    operators: ["@bella:localhost"]
`

// proof asks the user's own homeserver for an OpenID token, as a client does for a widget.
func proof(t *testing.T, user *mautrix.Client) map[string]any {
	t.Helper()
	var token map[string]any
	if _, err := user.MakeRequest(t.Context(), http.MethodPost, user.BuildClientURL("v3", "user", user.UserID, "openid", "request_token"), struct{}{}, &token); err != nil {
		t.Fatal(err)
	}
	return token
}

// post makes a request of the panel's door or the API, and returns the status and the JSON.
func post(t *testing.T, s *bridgetest.Stack, method, path, bearer string, body any) (int, map[string]any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", s.URL)
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	status, said := responseTo(t, r)
	var answer map[string]any
	_ = json.Unmarshal(said, &answer)
	return status, answer
}

// responseTo makes a request, and returns the status and the body.
func responseTo(t *testing.T, r *http.Request) (int, []byte) {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, said
}

// signIn shows a token at a site's door.
func signIn(t *testing.T, s *bridgetest.Stack, token map[string]any, site string) (status int, answer map[string]any) {
	t.Helper()
	return post(t, s, http.MethodPost, "/panel/v1/session", "", map[string]any{"openid": token, "site": site})
}

func session(t *testing.T, s *bridgetest.Stack, user *mautrix.Client, site string) string {
	t.Helper()
	status, answer := signIn(t, s, proof(t, user), site)
	secret, _ := answer["session"].(string)
	if status != http.StatusCreated || answer["operator"] != string(user.UserID) || secret == "" {
		t.Fatalf("%s is answered %d %v", user.UserID, status, answer)
	}
	return secret
}

// contacts is what a session is answered at a site.
func contacts(t *testing.T, s *bridgetest.Stack, secret, site string) (status int, code any) {
	t.Helper()
	status, answer := post(t, s, http.MethodGet, "/api/v1/sites/"+site+"/contacts", secret, nil)
	return status, answer["code"]
}

func TestOperatorsSignInToThePanelByTheirOwnHomeserver(t *testing.T) {
	t.Parallel()
	s := bridgetest.Start(t, bridgetest.Options{Site: twoSites, OpenID: true})
	bella := dendritetest.Operator(t, s.Homeserver, "bella")
	carl := dendritetest.Operator(t, s.Homeserver, "carl")
	forged := func(token map[string]any, key, value string) map[string]any {
		token[key] = value
		return token
	}
	for name, c := range map[string]struct {
		token  map[string]any
		site   string
		status int
		code   string
	}{
		"a forged token":                  {forged(proof(t, s.Anna), "access_token", "forged"), "shop", 401, "bad_openid"},
		"a token that ends the query":     {forged(proof(t, s.Anna), "access_token", "x&access_token=y#z"), "shop", 401, "bad_openid"},
		"the client's own token":          {forged(proof(t, s.Anna), "access_token", s.Anna.AccessToken), "shop", 401, "bad_openid"},
		"none":                            {map[string]any{"matrix_server_name": "localhost"}, "shop", 401, "bad_openid"},
		"a token of another homeserver":   {forged(proof(t, s.Anna), "matrix_server_name", "evil.example.com"), "shop", 403, "foreign_server"},
		"a user who is no operator":       {proof(t, carl), "shop", 403, "not_operator"},
		"an operator of another site":     {proof(t, bella), "shop", 403, "not_operator"},
		"a site that there is not":        {proof(t, s.Anna), "none", 403, "not_operator"},
		"the shop's operator at the blog": {proof(t, s.Anna), "blog", 403, "not_operator"},
	} {
		if status, answer := signIn(t, s, c.token, c.site); status != c.status || answer["code"] != c.code || answer["session"] != nil {
			t.Errorf("%s is answered %d %v, want %d %s", name, status, answer, c.status, c.code)
		}
	}
	// A token that the homeserver gave an hour ago.
	expired := proof(t, s.Anna)
	db, err := sql.Open("sqlite3", filepath.Join(s.Homeserver.Dir(), "users.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE userapi_openid_tokens SET token_expires_at_ms = 1 WHERE token = $1`, expired["access_token"]); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if status, answer := signIn(t, s, expired, "shop"); status != 401 || answer["code"] != "bad_openid" {
		t.Errorf("an expired token is answered %d %v", status, answer)
	}
	anna, bellas := session(t, s, s.Anna, "shop"), session(t, s, bella, "blog")
	for _, c := range []struct {
		secret, site string
		status       int
		code         any
	}{{anna, "shop", 200, nil}, {anna, "blog", 403, "not_operator"}, {bellas, "blog", 200, nil}, {bellas, "shop", 403, "not_operator"}} {
		if status, code := contacts(t, s, c.secret, c.site); status != c.status || code != c.code {
			t.Errorf("at %s a session is answered %d %v, want %d", c.site, status, code, c.status)
		}
	}
	if status, _ := post(t, s, http.MethodDelete, "/panel/v1/session", anna, nil); status != http.StatusNoContent {
		t.Errorf("signing out is answered %d", status)
	}
	if status, code := contacts(t, s, anna, "shop"); status != 401 || code != "bad_session" {
		t.Errorf("after that it is answered %d %v", status, code)
	}
	// While the homeserver is away nobody can be confirmed; who is signed in goes on.
	token := proof(t, s.Anna)
	if err := s.Homeserver.Stop(); err != nil {
		t.Fatal(err)
	}
	if status, answer := signIn(t, s, token, "shop"); status != 503 || answer["code"] != "openid_unavailable" {
		t.Errorf("without the homeserver it is answered %d %v", status, answer)
	}
	if status, _ := contacts(t, s, bellas, "blog"); status != 200 {
		t.Errorf("without the homeserver a session is answered %d", status)
	}
}

var linkOfPanel = regexp.MustCompile(`http://[^\s()]+/panel/shop#[^\s()]+`)

// linkFor waits for a link that the bot sent a user in a room other than where it was asked for.
func linkFor(t *testing.T, o *bridgetest.Operator, not string) (room id.RoomID, fragment url.Values) {
	t.Helper()
	var link string
	bridgetest.Await(t, "the operator is sent a link", func() bool {
		found := o.Find(func(e *event.Event) bool {
			said := linkOfPanel.FindString(bridgetest.Body(e))
			return said != "" && said != not
		})
		if found == nil {
			return false
		}
		room, link = found.RoomID, linkOfPanel.FindString(bridgetest.Body(found))
		return true
	})
	_, text, _ := strings.Cut(link, "#")
	fragment, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	fragment.Set("whole", link)
	return room, fragment
}

func TestALinkToThePanelIsSentToItsOperatorAlone(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Operators: []string{"bella"}})
	bella := k.Colleague(t, "bella")
	bella.Desk(t)
	answer := answers(t, k.anna, k.room, "!panel")
	wants(t, answer, "@anna:localhost", "direct chat", "10")
	if strings.Contains(answer, "link=") {
		t.Errorf("all in the room read %s", answer)
	}
	direct, link := linkFor(t, k.anna, "")
	if direct == k.room || link.Get("as") != "@anna:localhost" || link.Get("contact") == "" {
		t.Errorf("in %s is the link %v", direct, link)
	}
	// In that chat are the two alone, and nobody but the bot asks others in.
	members, err := k.anna.JoinedMembers(t.Context(), direct)
	if err != nil || len(members.Joined) != 2 {
		t.Errorf("there are %v, %v", members, err)
	}
	if _, err := k.anna.InviteUser(t.Context(), direct, &mautrix.ReqInviteUser{UserID: "@bella:localhost"}); err == nil {
		t.Error("the operator asks another in")
	}
	status, first := post(t, k.Stack, http.MethodPost, "/panel/v1/session", "", map[string]any{"link": link.Get("link")})
	if status != 201 || first["operator"] != "@anna:localhost" {
		t.Errorf("the link is answered %d %v", status, first)
	}
	if status, answer := post(t, k.Stack, http.MethodPost, "/panel/v1/session", "", map[string]any{"link": link.Get("link")}); status != 401 || answer["code"] != "bad_link" {
		t.Errorf("followed again it is answered %d %v", status, answer)
	}
	secret, _ := first["session"].(string)
	status, room := post(t, k.Stack, http.MethodGet, "/api/v1/sites/shop/rooms/"+url.PathEscape(string(k.room)), secret, nil)
	if status != 200 || room["kind"] != "dialog" || room["contact"] != link.Get("contact") {
		t.Errorf("the room is %d %v", status, room)
	}
	status, desk := post(t, k.Stack, http.MethodGet, "/api/v1/sites/shop/rooms/"+url.PathEscape(string(k.anna.Desk(t))), secret, nil)
	if status != 200 || desk["kind"] != "desk" {
		t.Errorf("the desk's room is %d %v", status, desk)
	}
	// The next one comes in the same chat, and replaces one that was not followed.
	answers(t, k.anna, k.anna.Desk(t), "!panel")
	again, unused := linkFor(t, k.anna, link.Get("whole"))
	if again != direct || unused.Has("contact") {
		t.Errorf("in %s is the link %v", again, unused)
	}
	// Who left the chat is asked in again.
	if _, err := k.anna.LeaveRoom(t.Context(), direct); err != nil {
		t.Fatal(err)
	}
	answers(t, bella, bella.Desk(t), "!panel")
	if room, hers := linkFor(t, bella, ""); room == direct || hers.Get("as") != "@bella:localhost" {
		t.Errorf("in %s is the link %v", room, hers)
	}
	if found := bella.Find(func(e *event.Event) bool { return strings.Contains(bridgetest.Body(e), "anna%3Alocalhost") }); found != nil {
		t.Errorf("another operator reads %s", bridgetest.Body(found))
	}
	sent := k.anna.Says(t, k.anna.Desk(t), "!panel")
	answerTo(t, k.anna, k.anna.Desk(t), sent)
	bridgetest.Await(t, "the operator is asked in again", func() bool {
		found := k.anna.Find(func(e *event.Event) bool {
			said := linkOfPanel.FindString(bridgetest.Body(e))
			return e.RoomID == direct && said != "" && said != link.Get("whole") && said != unused.Get("whole")
		})
		return found != nil
	})
	if status, answer := post(t, k.Stack, http.MethodPost, "/panel/v1/session", "", map[string]any{"link": unused.Get("link")}); status != 401 || answer["code"] != "bad_link" {
		t.Errorf("one that was replaced is answered %d %v", status, answer)
	}
}

// reconfigure changes the config of a bridge and starts it anew.
func reconfigure(t *testing.T, s *bridgetest.Stack, old, text string) {
	t.Helper()
	s.StopBridge(t)
	config, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(config), old) {
		t.Fatalf("%q is not in\n%s", old, config)
	}
	if err := os.WriteFile(s.ConfigPath(), bytes.Replace(config, []byte(old), []byte(text), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	s.StartBridge(t, "")
}

// A session, and a panel that is open by it, end when its operator is removed.
func TestWhoIsNoOperatorAnyMoreIsOutOfThePanel(t *testing.T) {
	t.Parallel()
	s := bridgetest.Start(t, bridgetest.Options{Operators: []string{"bella"}, OpenID: true})
	bella := dendritetest.Operator(t, s.Homeserver, "bella")
	annas, bellas := session(t, s, s.Anna, "shop"), session(t, s, bella, "shop")
	open := func(secret string) *websocket.Conn {
		conn, response, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(s.URL, "http", "ws", 1)+"/panel/v1/live", http.Header{"Origin": {s.URL}})
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		t.Cleanup(func() { _ = conn.Close() })
		if err := conn.WriteJSON(map[string]any{"session": secret, "site": "shop"}); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	hears := func(conn *websocket.Conn, want string) {
		t.Helper()
		if _, data, err := conn.ReadMessage(); err != nil || !strings.Contains(string(data), want) {
			t.Errorf("the panel hears %s, %v, want %s", data, err, want)
		}
	}
	panel := open(bellas)
	hears(panel, `{"type":"ready"}`)
	reconfigure(t, s, `, "@bella:localhost"`, "")
	if _, _, err := panel.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
		t.Errorf("at the restart the panel hears %v", err)
	}
	hears(open(bellas), `"code":"bad_session"`)
	hears(open(annas), `{"type":"ready"}`)
	if status, code := contacts(t, s, bellas, "shop"); status != 401 || code != "bad_session" {
		t.Errorf("her session is answered %d %v", status, code)
	}
	if status, answer := signIn(t, s, proof(t, bella), "shop"); status != 403 || answer["code"] != "not_operator" {
		t.Errorf("signing in she is answered %d %v", status, answer)
	}
}

// RULES 9: the panel beside a room is sent once, since each event asks operators anew.
func TestThePanelIsShownBesideTheDeskOnce(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	desk := k.anna.Desk(t)
	shown := func(room id.RoomID) (events []*event.Event) {
		for _, e := range k.anna.Timeline(room) {
			if e.Type.Type == "im.vector.modular.widgets" {
				events = append(events, e)
			}
		}
		return events
	}
	bridgetest.Await(t, "the desk has the panel", func() bool { return len(shown(desk)) == 1 })
	widget := content(shown(desk)[0])
	want := k.URL + "/panel/shop?theme=$org.matrix.msc2873.client_theme&lang=$org.matrix.msc2873.client_language#room=$matrix_room_id&user=$matrix_user_id"
	if path(widget, "url") != want || path(widget, "id") != "chat.anteroom.panel" || path(widget, "type") != "m.custom" || *shown(desk)[0].StateKey != "chat.anteroom.panel" {
		t.Errorf("it is %v", widget)
	}
	// Of its books nothing is left, and the event is there all the same.
	k.StopBridge(t)
	db, err := sql.Open("sqlite3", k.Database())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `DELETE FROM applied WHERE what = 'panel'`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	k.StartBridge(t, "")
	wants(t, answers(t, k.anna, desk, "!chats"), "#1")
	reconfigure(t, k.Stack, "    operators: [", "    panel: {dialog_rooms: true}\n    operators: [")
	bridgetest.Await(t, "the dialog has the panel", func() bool { return len(shown(k.room)) == 1 })
	reconfigure(t, k.Stack, "dialog_rooms: true", "desk_room: false, dialog_rooms: true")
	bridgetest.Await(t, "the desk has it no more", func() bool { return len(shown(desk)) == 2 })
	if gone := content(shown(desk)[1]); len(gone) != 0 {
		t.Errorf("it is %v", gone)
	}
	k.visitor.MustConnect(t).Say("Are you there?")
	k.anna.Sees(t, k.room, "Are you there?")
	if d, r := len(shown(desk)), len(shown(k.room)); d != 2 || r != 1 {
		t.Errorf("there are %d events at the desk and %d in the dialog:\n%s", d, r, fmt.Sprint(shown(desk)))
	}
}
