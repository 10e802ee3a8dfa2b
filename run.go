package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
	"go.mau.fi/zeroconfig"
	"gopkg.in/natefinch/lumberjack.v2"

	"github.com/anteroom-chat/anteroom/bridge"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

func run(ctx context.Context, opts *options, _ string, _, _ io.Writer) error {
	cfg, err := config.LoadToRun(opts.config)
	if err != nil {
		return err
	}
	log, err := newLogger(cfg.Logging)
	if err != nil {
		return fmt.Errorf("start logging as the config says: %w", err)
	}
	log.Info().Str("version", programVersion()).Str("config", cfg.Path).Msg("Anteroom starts")
	profiled, err := killpoint.Profile(ctx)
	if err != nil {
		return err
	}
	err = bridge.Run(ctx, cfg, programVersion(), *log)
	if err != nil && ctx.Err() == nil {
		log.Error().Err(err).Msg("Anteroom ends") // standard error has it, too, and may be nobody's
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // a signal asked for the end before it had begun
	}
	return errors.Join(err, profiled())
}

// logFile goes on with the file that is there. zeroconfig's own writer begins a new one at each
// start: a bridge that cannot start, and is started again and again, would soon have removed
// all that was logged before, and one that is refused beside another takes that one's file away.
func logFile(w *zeroconfig.WriterConfig) (io.Writer, error) {
	file := &lumberjack.Logger{
		Filename: w.Filename, MaxSize: w.MaxSize, MaxAge: w.MaxAge, MaxBackups: w.MaxBackups, LocalTime: w.LocalTime, Compress: w.Compress,
	}
	_, err := file.Write(nil) // opens it
	return file, err
}

// newLogger makes the logger of the config's section. Without writers it is
// standard output, coloured on a terminal and JSON otherwise.
func newLogger(cfg zeroconfig.Config) (*zerolog.Logger, error) {
	if len(cfg.Writers) == 0 {
		format := zeroconfig.LogFormatJSON
		if isatty.IsTerminal(os.Stdout.Fd()) {
			format = zeroconfig.LogFormatPrettyColored
		}
		cfg.Writers = []zeroconfig.WriterConfig{{Type: zeroconfig.WriterTypeStdout, Format: format}}
	}
	zeroconfig.RegisterWriter(zeroconfig.WriterTypeFile, logFile)
	log, err := cfg.Compile()
	if err != nil {
		return nil, err
	}
	// No default for contexts without a logger: Matrix's client would then log
	// the bodies of failed requests, and so what visitors write.
	zerolog.TimeFieldFormat = "2006-01-02T15:04:05.000Z07:00"
	zerolog.ErrorMarshalFunc = trail.Error // no error comes into the log with what others said in it
	return log, nil
}
