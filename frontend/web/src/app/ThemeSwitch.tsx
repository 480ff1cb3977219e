import IconButton from '@mui/material/IconButton';
import ListItemIcon from '@mui/material/ListItemIcon';
import ListItemText from '@mui/material/ListItemText';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import Check from '@mui/icons-material/Check';
import Contrast from '@mui/icons-material/Contrast';
import { useState } from 'react';
import { themeModes, themeNames } from './theme';
import { useThemeMode } from './themeMode';

export function ThemeSwitch() {
  const { mode, setMode } = useThemeMode();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <IconButton
        color="inherit"
        aria-label={`Theme: ${themeNames[mode]}`}
        aria-haspopup="menu"
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Contrast fontSize="small" />
      </IconButton>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        {themeModes.map((each) => (
          <MenuItem
            key={each}
            role="menuitemradio"
            aria-checked={each === mode}
            onClick={() => {
              setMode(each);
              setAnchor(null);
            }}
          >
            <ListItemIcon>{each === mode && <Check fontSize="small" />}</ListItemIcon>
            <ListItemText>{themeNames[each]}</ListItemText>
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}
