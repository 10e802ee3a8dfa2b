// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from 'vitest';
import { record } from '../src/chat/voice/recording';

afterEach(() => vi.unstubAllGlobals());

it('a recorder that cannot be made leaves neither a microphone nor a sound device in use', async () => {
  const [stop, close] = [vi.fn<() => void>(), vi.fn<() => void>()];
  class None {
    static readonly isTypeSupported = (): boolean => true;
    constructor() {
      throw new DOMException('no encoder', 'NotSupportedError');
    }
  }
  vi.stubGlobal('isSecureContext', true);
  vi.stubGlobal('MediaRecorder', None);
  vi.stubGlobal('AudioContext', class {
    close = close;
  });
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: async () => ({ getTracks: () => [{ stop }] }) } });
  await expect(record(1000)).rejects.toThrow('unknown');
  expect(stop).toHaveBeenCalledOnce();
  expect(close).toHaveBeenCalledOnce();
});
