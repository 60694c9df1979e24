package weir

import (
	"context"
	"iter"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// SubscribeOptions say where a subscription begins and how long it tries.
type SubscribeOptions struct {
	// ResumeToken continues right after the row that it came with.
	ResumeToken string
	// SkipSnapshot, without a token: begin with what changes from now on, and not with the rows as they are.
	SkipSnapshot bool
	// ReconnectAttemptsMax without any success between them, before the error is given; 0: no limit.
	ReconnectAttemptsMax int
	// SilenceTimeout after which the connection is taken for dead; 0: a minute. The server sends a heartbeat each 15 s, unless it
	// is configured otherwise.
	SilenceTimeout time.Duration
	// OnReconnect is told before each new attempt.
	OnReconnect func(err error, attempt int)
}

const silenceTimeout = time.Minute

// Subscription outlives its connection.
//
// The token of a batch is taken over together with its rows, and rows are given on only batch by batch. So whatever breaks, the next
// call begins right after the last batch that was given on: nothing is lost and nothing comes twice.
type Subscription struct {
	ctx     context.Context
	open    func(ctx context.Context, resumeToken string) (receiver, error)
	options SubscribeOptions
	token   atomic.Value
}

// ResumeToken is where a later subscription goes on: after the last batch that Events has given.
func (s *Subscription) ResumeToken() string {
	token, _ := s.token.Load().(string)
	return token
}

// Changes gives every change, one at a time. Use Events where the token has to be stored together with the rows.
func (s *Subscription) Changes() iter.Seq2[Change, error] { return changesOf(s.Events()) }

// Events gives everything, until the loop is left or the context ends.
func (s *Subscription) Events() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		backoff := backoff{}
		// Rows without a token can't be continued after: a second call would begin again and give them twice.
		resumable := true
		for {
			var broken error
			for event, err := range s.attempt() {
				if err != nil {
					broken = err
					break
				}
				// Not for the header alone: a call that breaks right after it would be tried again without a pause.
				if _, isHeader := event.(Header); !isHeader {
					backoff.reset()
				}
				token, isBatch := tokenOf(event)
				if token != "" {
					s.token.Store(token)
				} else if isBatch {
					resumable = false
				}
				if !yield(event, nil) {
					return
				}
			}
			if broken == nil {
				return
			}
			most := s.options.ReconnectAttemptsMax
			given := most > 0 && backoff.attempts >= most
			if s.ctx.Err() != nil || !resumable || !isTransient(broken) || given {
				yield(nil, broken)
				return
			}
			if s.options.OnReconnect != nil {
				s.options.OnReconnect(broken, backoff.attempts+1)
			}
			if err := backoff.wait(s.ctx); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

func tokenOf(event Event) (token string, isBatch bool) {
	switch event := event.(type) {
	case Batch:
		return event.ResumeToken, true
	case Watermark:
		return event.ResumeToken, false
	default:
		return "", false
	}
}

// attempt is one call; it gives a SilenceError when the server says nothing at all for too long.
func (s *Subscription) attempt() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		after := s.options.SilenceTimeout
		if after == 0 {
			after = silenceTimeout
		}
		var silent atomic.Bool
		timer := time.AfterFunc(after, func() {
			silent.Store(true)
			cancel()
		})
		defer timer.Stop()
		open := func(ctx context.Context) (receiver, error) { return s.open(ctx, s.ResumeToken()) }
		for event, err := range events(ctx, open) {
			// While the consumer works on an event, silence is its doing and not the server's.
			timer.Stop()
			if err != nil && silent.Load() {
				err = &SilenceError{after}
			}
			if !yield(event, err) {
				return
			}
			timer.Reset(after)
		}
	}
}

const (
	backoffFirst = 100 * time.Millisecond
	backoffMost  = 5 * time.Second
	// doublingsMax keeps the power small.
	doublingsMax = 16
)

// backoff has the waiting times between attempts: they double up to a limit, with jitter, so that clients do not return all at once.
type backoff struct{ attempts int }

func (b *backoff) reset() { b.attempts = 0 }

func (b *backoff) next() time.Duration {
	full := min(backoffMost, backoffFirst<<min(b.attempts, doublingsMax))
	b.attempts++
	return full/2 + rand.N(full/2)
}

func (b *backoff) wait(ctx context.Context) error {
	timer := time.NewTimer(b.next())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
