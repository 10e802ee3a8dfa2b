// A bubble of Typebot; what its server says first is answered by the bench.
import Typebot from '@typebot.io/js/web';

const { origin, searchParams } = new URL(import.meta.url);
const messages = searchParams.get('messages');
Typebot.initBubble({ typebot: 'shop', apiHost: messages ? `${origin}/${messages}` : origin });
