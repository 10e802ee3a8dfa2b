import type { Outgoing } from '../outbox';
import type { Session } from '../session';

/** Says refused messages again, behind what was written since; under their own keys, so that of two tabs that do so each is said once. */
export function sayAgain(session: Session, which: (o: Outgoing) => boolean): void {
  for (const o of session.state.outbox) if (which(o)) session.send(o.frame, o.file);
}
