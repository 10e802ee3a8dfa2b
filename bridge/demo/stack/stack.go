// Package stack starts and stops the parts of the demo in order: the
// homeserver, the bridge, and the pages of the sites.
package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/demo/shop"
	"github.com/anteroom-chat/anteroom/bridge/dendrite"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/child"
)

const (
	serverName          = "localhost"
	operatorName        = "anna"
	operatorDisplayName = "Anna"

	// The sites; the example chains of each have the same name.
	site         = "shop"
	clinicSite   = shop.Clinic
	softwareSite = shop.Software
	// guideSite is the one of Options.Chains.
	guideSite = "guide"
	// assistantSite is the one of Options.Endpoint.
	assistantSite = "assistant"

	// bridgeStart is how long the bridge may take until it serves the widget.
	bridgeStart = 60 * time.Second
	// bridgeStop is how long it may take to end what it is at.
	bridgeStop = 20 * time.Second
	// shopStop is how long the shop waits for browsers' last requests.
	shopStop = 2 * time.Second
	// logLines of a part that ended are shown.
	logLines = 12
)

// Options says where the demo lives, and how. BinDir and Dir are required.
type Options struct {
	// Dir keeps data and logs; it is made if missing.
	Dir string
	// BinDir holds the programs: anteroom and Dendrite's.
	BinDir string
	// Chains is the folder of the chains of a second site, guide, for the same pages;
	// without it there is no such site, nor that of lookConfig.
	Chains string
	// Endpoint is the base_url of an OpenAI-compatible server, which a third site for
	// the same pages, assistant, answers with, from the knowledge of a folder; without
	// it there is no such site.
	Endpoint, Knowledge string
	// Mail is the host:port of a mail server on this machine, in clear, by which a further
	// site for the same pages, mails, writes to its visitors; without it there is no such site.
	Mail string
	// PortBase is the first of the Ports ports; 0 takes free ones.
	PortBase int
	// Bot lets the bot answer first; without it every word waits for a person.
	Bot bool
}

// Facts are what a visitor, an operator or a test needs to know. They are in
// demo.json of the folder as long as the demo runs and after it.
type Facts struct {
	VisitorURL    string   `json:"visitor_url"`
	ClinicURL     string   `json:"clinic_url"`
	SoftwareURL   string   `json:"software_url"`
	PublicURL     string   `json:"public_url"`
	HomeserverURL string   `json:"homeserver_url"`
	Operator      Operator `json:"operator"`
	Site          string   `json:"site"`
	// IdentitySecret signs who a user of the shop is.
	IdentitySecret string `json:"identity_secret"`
	// Dir is the folder with data and logs.
	Dir string `json:"dir"`
	// Chains is the folder with a folder of chains for each site.
	Chains string `json:"chains"`
}

// Operator is who answers.
type Operator struct {
	UserID   string `json:"user_id"`
	Password string `json:"password"`
}

// Stack is the running demo.
type Stack struct {
	opts  Options
	facts Facts

	homeserver *dendrite.Server
	bridge     *child.Process
	shop       *http.Server
	shopFailed chan error
	unlock     func()
}

// Start starts everything and returns when a visitor can write. Say is told,
// in a sentence each, what takes a while. When a part does not start, those
// before it are stopped again.
func Start(ctx context.Context, opts Options, say func(string)) (*Stack, error) {
	s := &Stack{opts: opts, shopFailed: make(chan error, 1)}
	if err := s.start(ctx, say); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context, say func(string)) error {
	dir, err := filepath.Abs(s.opts.Dir)
	if err != nil {
		return fmt.Errorf("the demo's folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	if s.unlock, err = lock(dir); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(dir, factsName)); err != nil {
		return fmt.Errorf("remove the facts of the last start: %w", err)
	}
	p, err := choosePorts(ctx, s.opts.PortBase)
	if err != nil {
		return err
	}
	kept, err := loadKept(dir)
	if err != nil {
		return err
	}
	pages := "http://" + p.shop.address() + "/"
	s.facts = Facts{
		VisitorURL: pages, ClinicURL: pages + shop.Clinic, SoftwareURL: pages + shop.Software,
		PublicURL:     "http://" + p.public.address(),
		HomeserverURL: "http://" + p.homeserver.address(),
		Operator:      Operator{UserID: "@" + operatorName + ":" + serverName, Password: kept.OperatorPassword},
		Site:          site, IdentitySecret: kept.IdentitySecret,
		Dir: s.opts.Dir, Chains: filepath.Join(s.opts.Dir, chainsName),
	}
	if err := writeChains(filepath.Join(dir, chainsName)); err != nil {
		return err
	}
	if err := writeConfig(dir, p, s.facts, kept, s.opts); err != nil {
		return err
	}
	registration, err := s.register(ctx, dir)
	if err != nil {
		return err
	}
	say("Starting the homeserver …")
	if err := s.startHomeserver(ctx, dir, p, registration); err != nil {
		return err
	}
	say("Starting the bridge …")
	if err := s.startBridge(ctx, dir); err != nil {
		return err
	}
	if err := s.startShop(ctx, p); err != nil {
		return err
	}
	return s.writeFacts(dir)
}

// register lets the bridge write its registration for the homeserver, as an
// admin would.
func (s *Stack) register(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "registration.yaml")
	cmd := exec.CommandContext(ctx, s.program("anteroom"), "registration", "-c", filepath.Join(dir, configName), "-o", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("anteroom registration: %w\n%s", err, child.LastLines(string(out), logLines))
	}
	return path, nil
}

func (s *Stack) startHomeserver(ctx context.Context, dir string, p ports, registration string) error {
	var err error
	s.homeserver, err = dendrite.Start(ctx, dendrite.Options{
		Dir: filepath.Join(dir, "dendrite"), BinDir: s.opts.BinDir, ServerName: serverName,
		Port: int(p.homeserver), Registrations: []string{registration}, OpenID: true,
	})
	if err != nil {
		s.homeserver = nil
		return fmt.Errorf("the homeserver did not start: %w", err)
	}
	_, err = s.homeserver.CreateUser(ctx, operatorName, s.facts.Operator.Password)
	if errors.Is(err, dendrite.ErrUserExists) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the operator: %w", err)
	}
	return s.nameOperator(ctx)
}

// nameOperator gives the operator the name that visitors see above the answers.
func (s *Stack) nameOperator(ctx context.Context) error {
	client, err := s.homeserver.Login(ctx, operatorName, s.facts.Operator.Password)
	if err != nil {
		return fmt.Errorf("name the operator: %w", err)
	}
	if err := client.SetDisplayName(ctx, operatorDisplayName); err != nil {
		return fmt.Errorf("name the operator: %w", err)
	}
	if _, err := client.Logout(ctx); err != nil {
		return fmt.Errorf("name the operator: %w", err)
	}
	return nil
}

func (s *Stack) startBridge(ctx context.Context, dir string) error {
	var err error
	s.bridge, err = child.Start(child.Program{
		Path:    s.program("anteroom"),
		Args:    []string{"run", "-c", filepath.Join(dir, configName)},
		LogPath: filepath.Join(dir, "anteroom.log"),
	})
	if err != nil {
		s.bridge = nil
		return fmt.Errorf("the bridge did not start: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, bridgeStart)
	defer cancel()
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for !answers(ctx, s.facts.PublicURL+"/widget/"+site+".js") {
		select {
		case <-s.bridge.Done():
			return s.bridgeEnded()
		case <-ctx.Done():
			return fmt.Errorf("the bridge does not serve the chat at %s: %w; %s",
				s.facts.PublicURL, context.Cause(ctx), logged(s.bridgeLog(), s.bridge.Troubles(logLines)))
		case <-retry.C:
		}
	}
	return nil
}

func (s *Stack) startShop(ctx context.Context, p ports) error {
	handler, err := shop.New(s.facts.PublicURL, site, s.facts.IdentitySecret)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.shop.address())
	if err != nil {
		return fmt.Errorf("the shop did not start: %w", err)
	}
	s.shop = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := s.shop.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.shopFailed <- fmt.Errorf("the shop ended: %w", err)
		}
	}()
	return nil
}

// Facts returns what is in demo.json.
func (s *Stack) Facts() Facts { return s.facts }

// Wait returns nil when ctx ends, or an error that shows the last log lines
// when a part ends by itself.
func (s *Stack) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.bridge.Done():
		return s.bridgeEnded()
	case <-s.homeserver.Done():
		return fmt.Errorf("the homeserver has ended by itself; %s", logged(s.homeserver.LogPath(), s.homeserver.Troubles(logLines)))
	case err := <-s.shopFailed:
		return err
	}
}

func (s *Stack) bridgeEnded() error {
	return fmt.Errorf("the bridge has ended by itself (%s); %s", s.bridge.State(), logged(s.bridgeLog(), s.bridge.Troubles(logLines)))
}

func (s *Stack) bridgeLog() string { return filepath.Join(s.opts.Dir, "anteroom.log") }

// logged says what a log tells of an end.
func logged(path, troubles string) string {
	if troubles == "" {
		return "no warnings or errors are in its log, " + path
	}
	return "the warnings and errors in its log, " + path + ":\n" + troubles
}

// Stop stops what runs, the last started first, and returns when all
// processes are gone. Every part has its time limit; ctx may shorten the shop's.
func (s *Stack) Stop(ctx context.Context) error {
	var errs []error
	if s.shop != nil {
		ctx, cancel := context.WithTimeout(ctx, shopStop)
		defer cancel()
		if err := s.shop.Shutdown(ctx); err != nil {
			errs = append(errs, s.shop.Close()) // a browser that lingers is no fault
		}
	}
	if s.bridge != nil {
		if err := s.bridge.Stop(bridgeStop); err != nil {
			errs = append(errs, fmt.Errorf("stop the bridge: %w", err))
		}
	}
	if s.homeserver != nil {
		errs = append(errs, s.homeserver.Stop())
	}
	if s.unlock != nil {
		s.unlock()
	}
	return errors.Join(errs...)
}

func (s *Stack) program(name string) string { return filepath.Join(s.opts.BinDir, name) }

const factsName = "demo.json"

// writeFacts comes last: who waits for the file may begin at once.
func (s *Stack) writeFacts(dir string) error {
	data, err := json.MarshalIndent(s.facts, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", factsName, err)
	}
	fresh := filepath.Join(dir, factsName+".new")
	if err := os.WriteFile(fresh, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", factsName, err)
	}
	if err := os.Rename(fresh, strings.TrimSuffix(fresh, ".new")); err != nil {
		return fmt.Errorf("write %s: %w", factsName, err)
	}
	return nil
}

func answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // nothing is read from it
	return resp.StatusCode == http.StatusOK
}
