package bridge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/appservice"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
)

// bareService is the least that an appservice can do: it notes when a message came, and
// answers 200.
type bareService struct {
	registration string // its file
	token        string // for what it asks of the homeserver
	messages     chan came
}

func newBareService(b *testing.B) *bareService {
	b.Helper()
	s := &bareService{registration: filepath.Join(b.TempDir(), "bare.yaml"), messages: make(chan came, 100)}
	server := httptest.NewServer(http.HandlerFunc(s.take))
	b.Cleanup(server.Close)
	registration := appservice.CreateRegistration()
	registration.ID, registration.URL, registration.SenderLocalpart = "bare", server.URL, "bare"
	registration.Namespaces.UserIDs.Register(regexp.MustCompile("^@bare_.*:localhost$"), true)
	registration.RateLimited = new(bool)
	s.token = registration.AppToken
	if err := registration.Save(s.registration); err != nil {
		b.Fatal(err)
	}
	return s
}

func (s *bareService) take(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	var transaction struct {
		Events []struct {
			Content struct {
				Body string `json:"body"`
			} `json:"content"`
		} `json:"events"`
	}
	_ = json.NewDecoder(r.Body).Decode(&transaction)
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprint(w, "{}")
	for _, e := range transaction.Events {
		if e.Content.Body != "" {
			s.messages <- came{at, e.Content.Body}
		}
	}
}

// room is one in which a user of the service is with the operator.
func (s *bareService) room(b *testing.B, k *bridgetest.Stack) id.RoomID {
	b.Helper()
	client, err := mautrix.NewClient(k.Homeserver.URL(), id.NewUserID("bare_user", "localhost"), s.token)
	if err != nil {
		b.Fatal(err)
	}
	client.SetAppServiceUserID = true
	if _, _, err := client.Register(b.Context(), &mautrix.ReqRegister[any]{Username: "bare_user", Type: mautrix.AuthTypeAppservice, InhibitLogin: true}); err != nil {
		b.Fatal(err)
	}
	made, err := client.CreateRoom(b.Context(), &mautrix.ReqCreateRoom{Preset: "private_chat", Invite: []id.UserID{k.Anna.UserID}})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := k.Anna.JoinRoomByID(b.Context(), made.RoomID); err != nil {
		b.Fatal(err)
	}
	return made.RoomID
}

// gets waits for a message, and returns when it came.
func (s *bareService) gets(b *testing.B, text string) time.Time {
	b.Helper()
	for {
		if got := receive(b, "the bare appservice gets "+text, s.messages); got.text == text {
			return got.at
		}
	}
}
