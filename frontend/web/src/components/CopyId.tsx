import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Check from '@mui/icons-material/Check';
import ContentCopy from '@mui/icons-material/ContentCopy';
import { useState } from 'react';
import { mono } from '../app/theme';

/** An id in full with a button that copies it. */
export function CopyId({ id, what }: { id: string; what: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    // no clipboard on insecure origins: then the id can still be selected
    const clipboard = (navigator as { clipboard?: Clipboard }).clipboard;
    if (!clipboard) return;
    await clipboard.writeText(id);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <Box component="span" sx={{ display: 'inline-flex', alignItems: 'center', gap: 0.5, maxWidth: '100%' }}>
      <Box component="code" sx={{ fontFamily: mono, overflowWrap: 'anywhere', userSelect: 'all' }}>
        {id}
      </Box>
      <IconButton size="small" aria-label={copied ? `${what} copied` : `Copy ${what}`} onClick={() => void copy()}>
        {copied ? <Check fontSize="inherit" /> : <ContentCopy fontSize="inherit" />}
      </IconButton>
    </Box>
  );
}
