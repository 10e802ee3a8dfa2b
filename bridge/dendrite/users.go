package dendrite

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/dendrite/child"
)

// ErrUserExists is wrapped by CreateUser when the name is taken.
var ErrUserExists = errors.New("the user exists already")

// CreateUser registers @name:server. The password must have 8 to 512
// characters. It needs a running server.
func (s *Server) CreateUser(ctx context.Context, name, password string) (id.UserID, error) {
	return s.createUser(ctx, name, password)
}

// CreateAdmin is CreateUser for one who may use the homeserver's administration API.
func (s *Server) CreateAdmin(ctx context.Context, name, password string) (id.UserID, error) {
	return s.createUser(ctx, name, password, "-admin")
}

func (s *Server) createUser(ctx context.Context, name, password string, more ...string) (id.UserID, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(s.opts.BinDir, "create-account"), append(more,
		"-config", filepath.Join(s.opts.Dir, configName), "-url", s.url,
		"-username", name, "-passwordstdin")...) // a password among the arguments could be read by anyone
	cmd.Stdin = strings.NewReader(password)
	out, err := cmd.CombinedOutput()
	user := id.NewUserID(name, s.opts.ServerName)
	switch {
	case err == nil:
		return user, nil
	case strings.Contains(string(out), "M_USER_IN_USE"):
		return user, fmt.Errorf("dendrite: create user %s: %w", name, ErrUserExists)
	default:
		return "", fmt.Errorf("dendrite: create user %s: %w: %s", name, err, child.LastLines(string(out), 3))
	}
}

// Login logs a user in by password and returns a client that holds the access
// token. Each call makes a new device.
func (s *Server) Login(ctx context.Context, name, password string) (*mautrix.Client, error) {
	client, err := mautrix.NewClient(s.url, "", "")
	if err != nil {
		return nil, fmt.Errorf("dendrite: client: %w", err)
	}
	_, err = client.Login(ctx, &mautrix.ReqLogin{
		Type:             mautrix.AuthTypePassword,
		Identifier:       mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: name},
		Password:         password,
		StoreCredentials: true,
	})
	if err != nil {
		return nil, fmt.Errorf("dendrite: log in as %s: %w", name, err)
	}
	return client, nil
}
