package main

import (
	"context"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

func check(ctx context.Context, opts *options, _ string, stdout, _ io.Writer) error {
	cfg, err := config.Load(opts.config)
	if err != nil {
		return err
	}
	look := lookOf(stdout)
	if err := admin.CheckConfig(cfg, look, stdout); err != nil {
		return err
	}
	doubtAssistants(cfg, look, stdout)
	if !opts.online {
		return nil
	}
	return admin.CheckOnline(ctx, cfg, look, stdout)
}

func doctor(ctx context.Context, opts *options, _ string, stdout, _ io.Writer) error {
	look := lookOf(stdout)
	look.JSON = opts.json
	return admin.Doctor(ctx, admin.DoctorOptions{Config: opts.config, Registration: opts.registration, Look: look}, stdout)
}

// lookOf is how findings are written there: broken where the terminal ends, but not in
// lines that are too long to read. Other programs get each finding in one line.
func lookOf(w io.Writer) admin.Look {
	const longest = 100
	file, ok := w.(*os.File)
	if !ok {
		return admin.Look{}
	}
	look := admin.Look{Colour: colours(w)}
	if size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ); err == nil { // #nosec G115 -- a descriptor is small
		look.Width = min(int(size.Col), longest)
	}
	return look
}

func backup(ctx context.Context, opts *options, folder string, stdout, stderr io.Writer) error {
	cfg, err := config.LoadToCopy(opts.config)
	if err != nil {
		return err
	}
	copied, err := admin.Backup(ctx, cfg, folder)
	if err != nil {
		return err
	}
	say(stdout, "%s holds the backup.\n%s.\nKeep with it what is not in the folder: the config with the tokens, and what it names.\n", folder, copied)
	for _, path := range append([]string{cfg.Path}, cfg.Named()...) {
		say(stdout, "  %s\n", path)
	}
	if copied.Unnoted != nil {
		say(stderr, "anteroom: the backup is whole, but \"anteroom doctor\" will not know of it: %s.\n", copied.Unnoted)
	}
	return err
}
