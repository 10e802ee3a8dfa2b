package bridgetest

import (
	"errors"
	"path/filepath"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/appservice"
	"maunium.net/go/mautrix/id"
)

// Ghost acts past the bridge as a user of the appservice, registered unless a visitor has
// it: for what is measured without the bridge.
func (s *Stack) Ghost(t testing.TB, name string) *mautrix.Client {
	t.Helper()
	registration, err := appservice.LoadRegistration(filepath.Join(s.Dir, "registration.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	localpart := "anteroom_" + name
	ghost, err := mautrix.NewClient(s.Homeserver.URL(), id.NewUserID(localpart, "localhost"), registration.AppToken)
	if err != nil {
		t.Fatal(err)
	}
	ghost.SetAppServiceUserID = true
	register := &mautrix.ReqRegister[any]{Username: localpart, Type: mautrix.AuthTypeAppservice, InhibitLogin: true}
	if _, _, err := ghost.Register(t.Context(), register); err != nil && !errors.Is(err, mautrix.MUserInUse) {
		t.Fatal(err)
	}
	return ghost
}
