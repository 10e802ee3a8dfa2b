// deep-chat has no button of its own: a site makes one, and the window with its press.
import { DeepChat } from 'deep-chat';

const messages = Number(new URL(import.meta.url).searchParams.get('messages'));
const button = document.createElement('button');
button.textContent = 'Open chat';
button.style.cssText = 'position:fixed;inset:auto 20px 20px auto';
button.addEventListener('click', () => {
  const chat = new DeepChat();
  chat.style.cssText = 'position:fixed;inset:auto 20px 80px auto';
  chat.demo = true;
  if (messages) chat.history = Array.from({ length: messages }, (_, i) => ({ role: i % 5 < 2 ? 'user' : 'ai', text: `Message ${i + 1}` }));
  document.body.append(chat);
});
document.body.append(button);
