package dev.weir.client;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The answer to a SELECT. Iterate it once: over rows, over {@link #changes} when rows are updated or deleted, or over {@link
 * #events} for watermarks and the rest. What is not taken, the server does not send. Close it where it is not read to its end.
 */
public final class Results implements Iterable<Map<String, Object>>, AutoCloseable {
  private final Supplier<Call> open;
  private Call call;

  Results(Supplier<Call> open) {
    this.open = open;
  }

  /** Everything that the server tells. */
  public Iterator<Event> events() {
    if (call != null) {
      throw new IllegalStateException("a result is iterated once");
    }
    call = open.get();
    return call;
  }

  /** Every change, one at a time. */
  public Iterator<Event.Change> changes() {
    return changesOf(events());
  }

  @Override
  public Iterator<Map<String, Object>> iterator() {
    Iterator<Event.Change> changes = changes();
    return new Steps<>() {
      @Override
      Optional<Map<String, Object>> advance() {
        return changes.hasNext() ? Optional.of(changes.next().row()) : Optional.empty();
      }
    };
  }

  /** All rows; for results that end. */
  public List<Map<String, Object>> toList() {
    List<Map<String, Object>> rows = new ArrayList<>();
    forEach(rows::add);
    return rows;
  }

  /** Cancels what still runs. */
  @Override
  public void close() {
    if (call != null) {
      call.close();
    }
  }

  static Iterator<Event.Change> changesOf(Iterator<Event> events) {
    return new Steps<>() {
      private Iterator<Event.Change> batch = List.<Event.Change>of().iterator();

      @Override
      Optional<Event.Change> advance() {
        while (!batch.hasNext()) {
          if (!events.hasNext()) {
            return Optional.empty();
          }
          if (events.next() instanceof Event.Batch next) {
            batch = next.changes().iterator();
          }
        }
        return Optional.of(batch.next());
      }
    };
  }

  /** An iterator by what comes next; empty at the end. */
  abstract static class Steps<T> implements Iterator<T> {
    private Optional<T> next = Optional.empty();
    private boolean ended;

    abstract Optional<T> advance();

    @Override
    public final boolean hasNext() {
      if (next.isEmpty() && !ended) {
        next = advance();
        ended = next.isEmpty();
      }
      return next.isPresent();
    }

    @Override
    public final T next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      T current = next.orElseThrow();
      next = Optional.empty();
      return current;
    }
  }

  /** The events of one call. */
  static final class Call extends Steps<Event> implements AutoCloseable {
    private final Context.CancellableContext context;
    private final Iterator<Optional<Event>> responses;

    private Call(Context.CancellableContext context, Iterator<Optional<Event>> responses) {
      this.context = context;
      this.responses = responses;
    }

    /** Starts a call; it ends with `close`. */
    static <Response> Call start(Supplier<Iterator<Response>> open, Function<Response, Optional<Event>> decode) {
      Context.CancellableContext context = Context.current().withCancellation();
      Context previous = context.attach();
      try {
        Iterator<Response> responses = open.get();
        return new Call(
            context,
            new Iterator<>() {
              @Override
              public boolean hasNext() {
                return responses.hasNext();
              }

              @Override
              public Optional<Event> next() {
                return decode.apply(responses.next());
              }
            });
      } finally {
        context.detach(previous);
      }
    }

    @Override
    Optional<Event> advance() {
      try {
        while (responses.hasNext()) {
          Optional<Event> event = responses.next();
          if (event.isPresent()) {
            return event;
          }
        }
        close();
        return Optional.empty();
      } catch (StatusRuntimeException error) {
        close();
        throw WeirException.of(error);
      }
    }

    @Override
    public void close() {
      context.cancel(null);
    }
  }
}
